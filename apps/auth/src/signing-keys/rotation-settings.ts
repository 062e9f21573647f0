import { ConfigurationError } from '@countersign/platform';
import type { AuthConfig } from '../app.config.js';
import { minAnnouncedSeconds, type RotationPolicy } from './rotation-policy.js';

/** Clocks of verifiers that go behind ours. */
const CLOCK_SKEW_SECONDS = 60;

type RotationSettings = Pick<
  AuthConfig,
  'SIGNING_ALGORITHMS' | 'JWKS_MAX_AGE_SECONDS' | 'KEY_ROTATION_SECONDS' | 'KEY_ANNOUNCEMENT_SECONDS'
>;

/**
 * The policy that the settings say.
 *
 * @param longestTokenSeconds how long a token can be good that the issuer has signed
 * @throws ConfigurationError when settings that are each right do not go together.
 */
export function rotationPolicy(settings: RotationSettings, longestTokenSeconds: number): RotationPolicy {
  const policy: RotationPolicy = {
    algorithms: settings.SIGNING_ALGORITHMS,
    jwksMaxAgeSeconds: settings.JWKS_MAX_AGE_SECONDS,
    rotateAfterSeconds: settings.KEY_ROTATION_SECONDS,
    announceAheadSeconds: settings.KEY_ANNOUNCEMENT_SECONDS,
    // With the time for which a JWKS may be cached on top: a key costs less in the list than one that is missed.
    retainSeconds: longestTokenSeconds + CLOCK_SKEW_SECONDS + settings.JWKS_MAX_AGE_SECONDS,
  };
  const faults: string[] = [];
  if (policy.announceAheadSeconds < minAnnouncedSeconds(policy)) {
    faults.push(
      `KEY_ANNOUNCEMENT_SECONDS must be at least ${minAnnouncedSeconds(policy)}: until then a verifier can have an older JWKS in its cache (JWKS_MAX_AGE_SECONDS)`,
    );
  }
  if (policy.rotateAfterSeconds <= policy.announceAheadSeconds) {
    faults.push('KEY_ROTATION_SECONDS must be more than KEY_ANNOUNCEMENT_SECONDS');
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
  return policy;
}
