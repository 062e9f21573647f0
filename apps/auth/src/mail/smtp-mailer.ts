import { createTransport, type NodemailerError, type Transporter } from 'nodemailer';
import { WorkQueue } from '@countersign/platform';
import type { MailServer } from './mail-server.js';
import { Mailer, type Mail } from './mailer.js';

/** Of silence. A person waits for the mail, and asks again. */
const TIMEOUT_MS = 10_000;
const CONNECTIONS = 4;
const MAX_WAITING = 200;

/** A mail that was not handed over. Its message is for the log, and has no address. */
class MailNotSentError extends Error {
  override readonly name = 'MailNotSentError';
}

/** Hands mail over to a mail server (RFC 6409). What it does with it afterwards is not known here. */
export class SmtpMailer extends Mailer {
  readonly isAvailable = true;
  private readonly transport: Transporter;
  private readonly queue = new WorkQueue({
    concurrency: CONNECTIONS,
    maxWaiting: MAX_WAITING,
    maxWaitMs: null,
  });

  /** @param from the address that mail comes from */
  constructor({ host, port, tls, credentials }: MailServer, from: string) {
    super();
    this.transport = createTransport(
      {
        host,
        port,
        secure: tls === 'from the start',
        requireTLS: tls === 'STARTTLS',
        ignoreTLS: tls === 'none',
        tls: { minVersion: 'TLSv1.2' },
        ...(credentials && { auth: { user: credentials.username, pass: credentials.password } }),
        dnsTimeout: TIMEOUT_MS,
        connectionTimeout: TIMEOUT_MS,
        greetingTimeout: TIMEOUT_MS,
        socketTimeout: TIMEOUT_MS,
        disableFileAccess: true,
        disableUrlAccess: true,
      },
      // RFC 3834 §5: nobody's holiday notice is to answer it.
      { from, headers: { 'Auto-Submitted': 'auto-generated' } },
    );
  }

  /**
   * @throws MailNotSentError
   * @throws QueueFullError when too many wait.
   */
  async send({ to, subject, text }: Mail): Promise<void> {
    // An object, and not a text, in which a comma would begin another recipient.
    const message = { to: { name: '', address: to }, subject, text };
    await this.queue.run(() => this.transport.sendMail(message).catch(refuse));
  }
}

/** What a server answers may name the recipient, whom the log does not have; its code says enough. */
function refuse(fault: NodemailerError): never {
  const reason = fault.response === undefined ? fault.message : `it answered ${fault.responseCode}`;
  throw new MailNotSentError(`a mail was not sent: ${reason} (${fault.code ?? 'no code'})`);
}
