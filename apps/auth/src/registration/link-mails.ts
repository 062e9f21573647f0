import { LINK_MINUTES } from '../mail/mailed-links.repository.js';
import type { Mail } from '../mail/mailer.js';

const NOT_YOU = 'If that was not you, do nothing: without this mail nothing happens.';
const LIFETIME = `The link is good for ${LINK_MINUTES} minutes, and once.`;

/** The mails that carry links, or say why there is none. */
export class LinkMails {
  constructor(private readonly issuer: string) {}

  finishRegistration(to: string, token: string): Mail {
    const text = [
      'Someone asked for an account with this address. To make it, open',
      this.link('/register/finish', token),
      LIFETIME,
      NOT_YOU,
    ];
    return { to, subject: 'Finish your registration', text: text.join('\n') };
  }

  alreadyRegistered(to: string): Mail {
    const text = [
      'Someone asked for an account with this address, which has one already.',
      'If that was you, log in with it. If you have forgotten the password, ask for a new one at',
      `${this.issuer}/password/forgotten`,
      'If that was not you, there is nothing to do: nobody has learned that you have an account.',
    ];
    return { to, subject: 'You have an account already', text: text.join('\n') };
  }

  resetPassword(to: string, token: string): Mail {
    const text = [
      'Someone asked for a new password for your account. To choose one, open',
      this.link('/password/reset', token),
      LIFETIME,
      NOT_YOU,
    ];
    return { to, subject: 'Choose a new password', text: text.join('\n') };
  }

  private link(path: string, token: string): string {
    return `${this.issuer}${path}?token=${token}`;
  }
}
