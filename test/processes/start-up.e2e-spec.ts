import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import { APP_NAMES, type AppName } from '../../tools/stack.ts';
import { runToEnd, withFolder, type Settings } from '../support/app-run.ts';
import { TestStack } from '../support/test-stack.ts';

/** EX_CONFIG of sysexits(3): the operator has to mend something. */
const EXIT_CONFIGURATION = 78;
const STACK_TRACE = /^\s+at /m;
const KEY = 'k'.repeat(43);
/** Longer than `runToEnd` waits. */
const PATIENCE_MS = 70_000;

/** Takes connections and says nothing. It listens before the hooks, as concurrent tests begin before them. */
const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const occupied = String((server.address() as AddressInfo).port);

afterAll(() => {
  server.close();
});

function refused(...faults: readonly (string | RegExp)[]): unknown {
  const matchers = faults.map((fault) => expect.stringMatching(fault));
  return expect.objectContaining({ exitCode: EXIT_CONFIGURATION, lines: expect.arrayContaining(matchers) });
}

/** Runs an app in a folder of its own. @returns what it printed to standard error, by line, and its exit code */
async function run(app: AppName, settings: Settings) {
  const { exitCode, stderr } = await withFolder((folder) => runToEnd(app, { DATA_DIR: folder, ...settings }));
  return { exitCode, stderr, lines: stderr.split('\n') };
}

describe('an app says in one message what the operator has to mend, and ends', () => {
  it.concurrent.each<[app: AppName, deviation: string, settings: Settings, fault: RegExp]>([
    ['gateway', 'its port is in use', { DEMO: 'true', PORT: occupied }, /port \d+ on 127\.0\.0\.1 is in use/],
    ['orders', 'its port is in use', { DEMO: 'true', PORT: occupied }, /port \d+ on 127\.0\.0\.1 is in use/],
    [
      'auth',
      'people may register, and no mail can be sent',
      { KEY_ENCRYPTION_KEY: KEY, REGISTRATION: 'open' },
      /REGISTRATION is open, but there is no way to send mail/,
    ],
    [
      'auth',
      'mail is to leave from no address',
      { DEMO: 'true', SMTP_URL: 'smtp://mail.example.com' },
      /SMTP_URL and MAIL_FROM are set together/,
    ],
    [
      'auth',
      'its mail server is to be believed without a check',
      { DEMO: 'true', SMTP_URL: 'smtp://a.example?tls.rejectUnauthorized=false', MAIL_FROM: 'a@a.example' },
      /SMTP_URL has something behind its host/,
    ],
    [
      'auth',
      'it is to believe every proxy',
      { DEMO: 'true', TRUST_PROXY: '0.0.0.0/0' },
      /TRUST_PROXY is not a list of IP addresses or networks/,
    ],
    [
      'gateway',
      'its management port is in use',
      { DEMO: 'true', MANAGEMENT_PORT: occupied },
      /port \d+ on 127\.0\.0\.1 is in use/,
    ],
    [
      'gateway',
      'its replicas share Redis and no nonces',
      { DEMO: 'true', REDIS_URL: 'redis://localhost' },
      /DPOP_NONCE_KEYS is not set: replicas that share REDIS_URL have to share the nonces/,
    ],
    [
      'gateway',
      'it is to believe a header, and nobody who sends it',
      { DEMO: 'true', CLIENT_CERTIFICATE_HEADER: 'client-cert' },
      /TRUST_PROXY is not set/,
    ],
    [
      'gateway',
      'its address is not of this machine',
      { DEMO: 'true', HOST: '203.0.113.1' },
      /203\.0\.113\.1 is not an address of this machine/,
    ],
    ['auth', 'its data folder cannot be made', { DEMO: 'true', DATA_DIR: '/dev/null/data' }, /\/dev\/null/],
    [
      'gateway',
      'its data folder cannot be made',
      { DEMO: 'true', DATA_DIR: '/dev/null/data' },
      /\/dev\/null/,
    ],
    [
      'orders',
      'its certificate is not there',
      { TLS_CERT_FILE: '/none.crt', TLS_KEY_FILE: '/none.key', TLS_CA_FILE: '/ca.crt' },
      /\/none\.crt/,
    ],
    [
      'orders',
      'its certificate has no key',
      { TLS_CERT_FILE: '/none.crt' },
      /TLS_CERT_FILE, TLS_KEY_FILE and TLS_CA_FILE are set together/,
    ],
    [
      'orders',
      'its database refuses connections',
      { DEMO: 'true', DATABASE_URL: 'postgres://127.0.0.1:1/orders' },
      /DATABASE_URL: cannot connect/,
    ],
    [
      'auth',
      'its database does not answer',
      { DEMO: 'true', DATABASE_URL: `postgres://127.0.0.1:${occupied}/auth` },
      /DATABASE_URL: cannot connect/,
    ],
    [
      'auth',
      'its key-encryption key is not there',
      { KEY_ENCRYPTION_KEY_FILE: '/none' },
      /KEY_ENCRYPTION_KEY_FILE: cannot read \/none/,
    ],
    [
      'auth',
      "the operator's secret is the demo's, and it is none",
      { KEY_ENCRYPTION_KEY: KEY, ADMIN_CLIENT_SECRET: 'admin-demo-secret' },
      /ADMIN_CLIENT_SECRET is that of the demo/,
    ],
    [
      'auth',
      "the operator's secret can be guessed",
      { KEY_ENCRYPTION_KEY: KEY, ADMIN_CLIENT_SECRET: 'password' },
      /ADMIN_CLIENT_SECRET is shorter than 32 characters/,
    ],
    [
      'auth',
      'its issuer is not an origin',
      { DEMO: 'true', ISSUER: 'http://localhost:3001/' },
      /ISSUER must be an origin/,
    ],
  ])(
    '%s, when %s',
    async (app, _deviation, settings, fault) => {
      const end = await run(app, settings);
      expect(end).toEqual(refused(new RegExp(`^${app} did not start:$`), fault));
      expect(end.stderr).not.toMatch(STACK_TRACE);
    },
    PATIENCE_MS,
  );

  it.concurrent.each<[app: AppName, fault: RegExp]>([
    ['auth', /KEY_ENCRYPTION_KEY is not set/],
    ['gateway', /TRANSACTION_TOKEN_CERT_FILE and TRANSACTION_TOKEN_KEY_FILE must be set in production/],
    ['orders', /TLS_CERT_FILE, TLS_KEY_FILE and TLS_CA_FILE must be set in production/],
    ['payments', /TLS_CERT_FILE, TLS_KEY_FILE and TLS_CA_FILE must be set in production/],
  ])(
    '%s, in production without secrets of its own',
    async (app, fault) => {
      const end = await run(app, { NODE_ENV: 'production' });
      expect(end).toEqual(refused(fault));
      expect(end.stderr).not.toMatch(STACK_TRACE);
    },
    PATIENCE_MS,
  );

  it.concurrent.each(APP_NAMES)(
    '%s, when several settings are malformed: all of them at once',
    async (app) => {
      const settings = { DEMO: 'yes', PORT: '70000', MANAGEMENT_PORT: 'many', LOG_LEVEL: 'loud' };
      const end = await run(app, settings);
      expect(end).toEqual(refused(/ DEMO /, / PORT /, / MANAGEMENT_PORT /, / LOG_LEVEL /));
      expect(end.stderr).not.toMatch(STACK_TRACE);
    },
  );

  it('a second one on the same embedded database', async () => {
    await withFolder(async (folder) => {
      const stack = await TestStack.prepare({
        appEnvironment: { orders: { DATA_DIR: folder, DATABASE_URL: undefined } },
      });
      await stack.start(['orders']);
      const owner = stack.stack.process('orders').pid;
      const end = await runToEnd('orders', { DEMO: 'true', DATA_DIR: folder });
      await stack.dispose();
      expect(end).toMatchObject({
        exitCode: EXIT_CONFIGURATION,
        stderr: expect.stringContaining(`orders is in use by process ${owner}`),
      });
      expect(end.stderr).not.toMatch(STACK_TRACE);
    });
  });

  it('auth, when its key-encryption key is not that of its signing keys, or its database is a demo’s', async () => {
    await withFolder(async (folder) => {
      const embedded = { DATA_DIR: folder, DATABASE_URL: undefined, KEY_ENCRYPTION_KEY: KEY };
      const stack = await TestStack.prepare({ appEnvironment: { auth: embedded } });
      await stack.start(['auth']);
      await stack.dispose();
      const otherKey = await runToEnd('auth', {
        DEMO: 'true',
        DATA_DIR: folder,
        KEY_ENCRYPTION_KEY: 'x'.repeat(43),
      });
      expect(otherKey).toMatchObject({
        exitCode: EXIT_CONFIGURATION,
        stderr: expect.stringMatching(/KEY_ENCRYPTION_KEY/),
      });
      expect(otherKey.stderr).not.toMatch(STACK_TRACE);
      const noDemo = await runToEnd('auth', { DATA_DIR: folder, KEY_ENCRYPTION_KEY: KEY });
      expect(noDemo).toMatchObject({
        exitCode: EXIT_CONFIGURATION,
        stderr: expect.stringMatching(/the database holds the demo account customer@example\.com/),
      });
      expect(noDemo.stderr).not.toMatch(STACK_TRACE);
    });
  });
});
