import { ConfigurationError } from '@countersign/platform';
import type { AuthConfig } from '../app.config.js';
import { LogMailer, NoMailer, type Mailer } from '../mail/mailer.js';

/** What people may do for themselves before they have logged in. */
export class SelfService {
  constructor(
    readonly registration: 'open' | 'closed',
    readonly passwordReset: 'open' | 'closed',
  ) {}
}

/** The demo's mail goes into the log; a deployment puts its own mailer here. */
export function mailerOf({ DEMO }: AuthConfig): Mailer {
  return DEMO ? new LogMailer() : new NoMailer();
}

/** @throws ConfigurationError when registration is to be open and no mail can leave */
export function selfServiceOf({ REGISTRATION }: AuthConfig, mailer: Mailer): SelfService {
  if (REGISTRATION === 'open' && !mailer.isAvailable) {
    throw new ConfigurationError([
      'REGISTRATION is open, but there is no way to send mail, which shows whose an address is',
    ]);
  }
  const byMail = mailer.isAvailable ? 'open' : 'closed';
  return new SelfService(REGISTRATION ?? byMail, byMail);
}
