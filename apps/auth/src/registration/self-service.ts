import { ConfigurationError } from '@countersign/platform';
import type { AuthConfig } from '../app.config.js';
import { parseMailServer } from '../mail/mail-server.js';
import { LogMailer, NoMailer, type Mailer } from '../mail/mailer.js';
import { SmtpMailer } from '../mail/smtp-mailer.js';

type MailSettings = Pick<AuthConfig, 'DEMO' | 'SMTP_URL' | 'MAIL_FROM'>;

/** What people may do for themselves before they have logged in. */
export class SelfService {
  constructor(
    readonly registration: 'open' | 'closed',
    readonly passwordReset: 'open' | 'closed',
  ) {}
}

/**
 * How mail leaves: by the mail server of the settings. Without one, the demo's goes into the log, and else there is none.
 *
 * @throws ConfigurationError when the settings do not fit each other
 */
export function mailerOf({ DEMO, SMTP_URL, MAIL_FROM }: MailSettings): Mailer {
  if ((SMTP_URL === undefined) !== (MAIL_FROM === undefined))
    throw new ConfigurationError(['SMTP_URL and MAIL_FROM are set together']);
  if (SMTP_URL !== undefined && MAIL_FROM !== undefined)
    return new SmtpMailer(parseMailServer(SMTP_URL), MAIL_FROM);
  return DEMO ? new LogMailer() : new NoMailer();
}

/** @throws ConfigurationError when registration is to be open and no mail can leave */
export function selfServiceOf(
  { DEMO, REGISTRATION }: Pick<AuthConfig, 'DEMO' | 'REGISTRATION'>,
  mailer: Mailer,
): SelfService {
  if (REGISTRATION === 'open' && !mailer.isAvailable) {
    throw new ConfigurationError([
      'REGISTRATION is open, but there is no way to send mail, which shows whose an address is: set SMTP_URL',
    ]);
  }
  return new SelfService(REGISTRATION ?? (DEMO ? 'open' : 'closed'), mailer.isAvailable ? 'open' : 'closed');
}
