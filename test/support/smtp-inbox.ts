import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { SMTPServer } from 'smtp-server';

/** A mail server on this machine that keeps what it takes; it takes nothing for addresses that begin with `nobody`. */
export class SmtpInbox {
  private readonly mails: { readonly to: readonly string[]; readonly content: string }[] = [];
  private readonly server: SMTPServer;
  private port = 0;

  private constructor() {
    this.server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      onRcptTo: ({ address }, _session, callback) =>
        address.startsWith('nobody')
          ? callback(Object.assign(new Error(`no such mailbox: ${address}`), { responseCode: 550 }))
          : callback(),
      onData: (stream, { envelope }, callback) => {
        void (async () => {
          const content = await text(stream);
          this.mails.push({ to: envelope.rcptTo.map(({ address }) => address), content });
          callback();
        })();
      },
    });
  }

  static async start(): Promise<SmtpInbox> {
    const inbox = new SmtpInbox();
    const listening = inbox.server.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    inbox.port = (listening.address() as AddressInfo).port;
    return inbox;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  /** The link in the latest of so many mails to an address. @throws Error when there are fewer after five seconds */
  async linkTo(email: string, count = 1): Promise<URL> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const mail = this.mails.filter(({ to }) => to.includes(email))[count - 1];
      // Quoted-printable (RFC 2045 §6.7), which breaks and escapes the link.
      const content = mail?.content.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=') ?? '';
      const [link] = /https?:\S+\?token=[\w-]+/.exec(content) ?? [];
      if (link !== undefined) return new URL(link);
      await delay(50);
    }
    throw new Error(`no mail with a link came to ${email}`);
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(resolve));
  }
}
