import { ConfigurationError } from '@countersign/platform';
import type { AuthConfig } from '../../app.config.js';
import { FIRST_PATIENCE_MS, Pkcs11Token } from './pkcs11-token.js';
import { FAULTS } from './session-protocol.js';
import { TokenFault } from './token-session.js';

type Settings = Pick<AuthConfig, 'PKCS11_MODULE' | 'PKCS11_TOKEN_LABEL' | 'PKCS11_PIN' | 'PKCS11_SESSIONS'>;

/**
 * Logs in to the token of the settings.
 *
 * @returns undefined when they name none.
 * @throws ConfigurationError when they name half of one, or it is not there, or the PIN is not its own.
 */
export async function openToken(settings: Settings): Promise<Pkcs11Token | undefined> {
  const { PKCS11_MODULE: module, PKCS11_TOKEN_LABEL: label, PKCS11_PIN: pin } = settings;
  if (module === undefined && label === undefined && pin === undefined) return undefined;
  if (module === undefined || label === undefined || pin === undefined) {
    throw new ConfigurationError(['PKCS11_MODULE, PKCS11_TOKEN_LABEL and PKCS11_PIN are set together']);
  }
  const token = new Pkcs11Token({ module, label, pin }, settings.PKCS11_SESSIONS);
  try {
    await token.connect(FIRST_PATIENCE_MS);
    return token;
  } catch (error) {
    if (!(error instanceof TokenFault)) throw error;
    throw new ConfigurationError([explain(error.fault, module, label)]);
  }
}

function explain(fault: string, module: string, label: string): string {
  switch (fault) {
    case FAULTS.packageMissing:
      return 'PKCS11_MODULE: the package pkcs11js, which is optional, is not installed';
    case FAULTS.moduleNotLoaded:
      return `PKCS11_MODULE: cannot load ${module}`;
    case FAULTS.tokenNotPresent:
      return `PKCS11_TOKEN_LABEL: ${module} has no token ${label}`;
    case 'CKR_PIN_INCORRECT':
      return `PKCS11_PIN is not that of the token ${label}`;
    default:
      return `PKCS11_TOKEN_LABEL: no session with the token ${label} (${fault})`;
  }
}
