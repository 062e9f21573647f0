import { Logger } from '@nestjs/common';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** The port by which mail leaves: a mail server in production, the log in a demo. */
export abstract class Mailer {
  /** Whether mail can leave at all: without it nobody registers, and no password is forgotten with consequences. */
  abstract readonly isAvailable: boolean;

  /** @throws when the mail was not taken */
  abstract send(mail: Mail): Promise<void>;
}

/** The demo's mail: it goes into the log, where whoever runs the demo reads it. */
export class LogMailer extends Mailer {
  readonly isAvailable = true;
  private readonly logger = new Logger('Mail');

  send({ to, subject, text }: Mail): Promise<void> {
    this.logger.log(`to ${to}: ${subject}\n${text}`);
    return Promise.resolve();
  }
}

export class NoMailer extends Mailer {
  readonly isAvailable = false;

  send(): Promise<never> {
    return Promise.reject(new TypeError('there is no way to send mail'));
  }
}
