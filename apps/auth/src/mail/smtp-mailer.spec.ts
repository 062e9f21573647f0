import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { MailServer } from './mail-server.js';
import { SmtpMailer } from './smtp-mailer.js';

const MAIL = {
  to: 'person@example.com',
  subject: 'Ein Schlüssel',
  text: 'https://id.example/password/reset?token=canary-canary',
};
const CREDENTIALS = { username: 'mailer', password: 'of the mailer' };

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly data: string;
  readonly isSecure: boolean;
}

let certificate: { readonly cert: string; readonly key: string };
let received: Received[];
let servers: SMTPServer[] = [];

beforeAll(() => {
  const request = ['req', '-x509', '-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const pem = execFileSync('openssl', [...request, ...names, '-keyout', '-', '-out', '-'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [key = '', cert = ''] = pem.split(/(?=-----BEGIN CERTIFICATE)/);
  certificate = { key, cert };
});
afterEach(async () => {
  for (const server of servers) await new Promise<void>((resolve) => server.close(resolve));
  servers = [];
});

/** A mail server that takes everything, unless it is told otherwise. @returns its port */
async function listen(options: SMTPServerOptions = {}): Promise<number> {
  received = [];
  const server = new SMTPServer({
    ...certificate,
    authOptional: true,
    onAuth: ({ username, password }, _session, callback) =>
      username === CREDENTIALS.username && password === CREDENTIALS.password
        ? callback(null, { user: username })
        : callback(new Error('canary@example.com may not')),
    onData: (stream, { envelope, secure }, callback) => {
      void (async () => {
        const data = await text(stream);
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        received.push({ from, to, data, isSecure: secure });
        callback();
      })();
    },
    ...options,
  });
  server.on('error', () => undefined); // a client that does not like its certificate goes away
  servers.push(server);
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return (listening.address() as AddressInfo).port;
}

function mailer(port: number, settings: Partial<MailServer> = {}): SmtpMailer {
  const server: MailServer = { host: '127.0.0.1', port, tls: 'none', credentials: null, ...settings };
  return new SmtpMailer(server, 'no-reply@id.example');
}

describe('a mail', () => {
  it('is handed over to a server on this machine as it is', async () => {
    await mailer(await listen({ disabledCommands: ['STARTTLS'] })).send(MAIL);
    expect(received).toMatchObject([{ from: 'no-reply@id.example', to: [MAIL.to], isSecure: false }]);
    expect(received[0]?.data).toMatch(/^Subject: =\?UTF-8\?/m);
    expect(received[0]?.data).toMatch(/^Auto-Submitted: auto-generated/m);
    expect(received[0]?.data.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=')).toContain(MAIL.text);
  });

  it('has one recipient, whatever the address holds', async () => {
    await mailer(await listen())
      .send({ ...MAIL, to: 'a@example.com, b@example.com' })
      .catch(() => undefined);
    expect(received.flatMap(({ to }) => to)).not.toContain('b@example.com');
  });

  describe('to another machine', () => {
    const authorities = getCACertificates('default');
    afterEach(() => setDefaultCACertificates(authorities));

    it.each<[tls: MailServer['tls'], options: SMTPServerOptions]>([
      ['STARTTLS', {}],
      ['from the start', { secure: true }],
    ])('goes over TLS (%s), and with the credentials', async (tls, options) => {
      setDefaultCACertificates([certificate.cert]);
      const port = await listen({ ...options, authOptional: false });
      await mailer(port, { tls, credentials: CREDENTIALS }).send(MAIL);
      expect(received).toMatchObject([{ to: [MAIL.to], isSecure: true }]);
    });

    it.each<[deviation: string, tls: MailServer['tls'], options: SMTPServerOptions]>([
      ['offers no STARTTLS (RFC 8314 §4)', 'STARTTLS', { disabledCommands: ['STARTTLS'] }],
      ['has a certificate of an unknown authority', 'STARTTLS', {}],
      ['has one of an unknown authority, from the start', 'from the start', { secure: true }],
      ['speaks no TLS where it has to', 'from the start', {}],
    ])('does not leave when the server %s', async (_deviation, tls, options) => {
      const port = await listen(options);
      await expect(mailer(port, { tls }).send(MAIL)).rejects.toThrow(/^a mail was not sent/);
      expect(received).toEqual([]);
    });
  });
});

describe('a mail that is not taken is an error that names neither address nor text, when', () => {
  const refuse = (_address: unknown, _session: unknown, callback: (error: Error) => void) =>
    callback(Object.assign(new Error(`no such mailbox: ${MAIL.to}`), { responseCode: 550 }));

  it.each<[reason: string, options: SMTPServerOptions, settings: Partial<MailServer>, message: RegExp]>([
    ['the recipient is unknown', { onRcptTo: refuse }, {}, /it answered 550 \(EENVELOPE\)/],
    ['the sender is refused', { onMailFrom: refuse }, {}, /it answered 550 \(EENVELOPE\)/],
    [
      'the password is wrong',
      { allowInsecureAuth: true },
      { credentials: { username: 'mailer', password: 'canary' } },
      /it answered 535 \(EAUTH\)/,
    ],
  ])('%s', async (_reason, options, settings, message) => {
    const sent = mailer(await listen(options), settings).send(MAIL);
    await expect(sent).rejects.toThrow(message);
    await expect(sent).rejects.not.toThrow(/@|canary/);
  });

  it('nobody listens', async () => {
    await expect(mailer(1).send(MAIL)).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('a mail server that says nothing', () => {
  let silent: Server;
  beforeAll(async () => {
    silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
  });
  afterAll(() => {
    silent.close();
  });

  it('is given ten seconds', async () => {
    const start = performance.now();
    await expect(mailer((silent.address() as AddressInfo).port).send(MAIL)).rejects.toThrow(/ETIMEDOUT/);
    expect(performance.now() - start).toBeLessThan(15_000);
  });
});
