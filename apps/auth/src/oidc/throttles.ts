import { RateLimiterMemory } from 'rate-limiter-flexible';
import { FailureThrottle, RequestThrottle } from './throttle.js';

const MINUTE = 60;

/**
 * Wrong secrets of one client from one address. From any other address the client authenticates as before: nobody can
 * lock it out.
 */
const WRONG_SECRETS = 20;

/**
 * 20^8 codes, of which one is guessed with a chance below 1 in 10^8 in the ten minutes of its life by an address that
 * types 10 wrong ones a minute (RFC 8628 §5.1).
 */
const WRONG_USER_CODES = 10;

/**
 * How often a caller is told "inactive"; what is active it is told however often. Many: a resource server asks about
 * whatever is sent to it. It is counted for each network and client, so that one who has stolen a resource server's
 * secret does not use up what that server needs.
 */
const INACTIVE_ANSWERS = 1_000;

/**
 * How often a device may ask whether the person is done (RFC 8628 §3.5): it is told no interval, which means five
 * seconds; one of them is for the network.
 */
const POLL_SECONDS = 4;

/** What is counted where clients authenticate, in this process. It outlives the provider: a rotation of keys forgives nobody. */
export class Throttles {
  readonly clientSecrets = new FailureThrottle(WRONG_SECRETS, MINUTE);
  readonly userCodes = new FailureThrottle(WRONG_USER_CODES, MINUTE);
  readonly inactiveAnswers = new RequestThrottle(INACTIVE_ANSWERS, MINUTE);
  readonly devicePolls = new RateLimiterMemory({ points: 1, duration: POLL_SECONDS });
  readonly strangers: RequestThrottle;

  /** @param requestsPerNetwork how many a minute are answered where strangers have rows written */
  constructor(requestsPerNetwork: number) {
    this.strangers = new RequestThrottle(requestsPerNetwork, MINUTE);
  }
}
