import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { formsOf } from '../../tools/demo/browser.ts';
import { runToEnd, type AppRun } from '../support/app-run.ts';
import { AuthReplica } from '../support/auth-replica.ts';
import { DemoWebClient } from '../support/demo-web-client.ts';
import { Person } from '../support/person.ts';
import { dump, withDatabase } from '../support/stored-data.ts';
import { TestStack } from '../support/test-stack.ts';
import {
  basic,
  serviceToken,
  tokenRequest,
  tokens,
  type TokenAnswer,
  type Tokens,
} from '../support/token-endpoint.ts';

const POSTGRES_URL = process.env['TEST_POSTGRES_URL'];
/** Longer than the stack waits for an app. */
const PATIENCE_MS = 70_000;
const EXIT_CONFIGURATION = 78;
const jwks = z.object({ keys: z.array(z.object({ kid: z.string() })) });

const [OLDER, NEWER, FOREIGN] = [1, 2, 3].map(() => randomBytes(32).toString('base64url')) as [
  string,
  string,
  string,
];

/** Where auth reads its key-encryption keys, as it does from a mounted secret. */
const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
const files = {
  KEY_ENCRYPTION_KEY_FILE: join(folder, 'current'),
  KEY_ENCRYPTION_KEY_PREVIOUS_FILE: join(folder, 'previous'),
};

function configure(current: string, ...previous: string[]): void {
  writeFileSync(files.KEY_ENCRYPTION_KEY_FILE, current);
  writeFileSync(files.KEY_ENCRYPTION_KEY_PREVIOUS_FILE, previous.join('\n'));
}

async function kids(origin: string): Promise<readonly string[]> {
  const response = await fetch(`${origin}/.well-known/jwks.json`);
  return jwks
    .parse(await response.json())
    .keys.map(({ kid }) => kid)
    .toSorted();
}

/** Starts auth on the data of a stack whose own auth does not run, and waits for its end. */
function startInVain(stack: TestStack): Promise<AppRun> {
  const url = stack.databaseUrl('auth');
  const database = url === undefined ? undefined : { DATABASE_URL: url };
  return runToEnd('auth', { DEMO: 'true', DATA_DIR: stack.dataDir, ...database, ...files });
}

function refusal(message: RegExp): unknown {
  return { exitCode: EXIT_CONFIGURATION, stderr: expect.stringMatching(message) };
}

function requestAdminToken(origin: string): Promise<TokenAnswer> {
  return tokenRequest(
    origin,
    { grant_type: 'client_credentials', resource: `${origin}/admin`, scope: 'keys:admin' },
    basic('countersign-admin', 'admin-demo-secret'),
  );
}

async function askAdmin(origin: string, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${origin}/admin/keys`, { headers })).status;
}

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('the signing keys in the database', () => {
  let stack: TestStack;
  let person: Person;
  let web: DemoWebClient;
  let login: Tokens;
  let kidsAtFirst: readonly string[];

  beforeAll(async () => {
    configure(OLDER);
    stack = await TestStack.prepare({ appEnvironment: { auth: files } });
    await stack.start(['auth']);
    web = new DemoWebClient(stack.issuer);
    person = new Person(stack.issuer);
    const code = (await person.approve(web.authorizationUrl())).searchParams.get('code') ?? '';
    login = tokens.parse((await web.exchange(code)).body);
    kidsAtFirst = await kids(stack.issuer);
    await stack.stack.stopApp('auth');
  }, PATIENCE_MS);

  afterAll(async () => {
    await stack.dispose();
  });

  /** Whether the person's cookie is accepted: they are asked for consent, and not who they are. */
  async function isLoggedIn(): Promise<boolean> {
    const page = await person.visit(web.authorizationUrl());
    const [form] = formsOf(page).filter(({ action }) => /\/(?:login|consent)$/.test(action.pathname));
    if (form === undefined) throw new Error(`neither login nor consent, but ${page.status} ${page.url.href}`);
    return form.action.pathname.endsWith('/consent');
  }

  /** Works while the rows are altered, and puts them back as they were. */
  async function withAltered(statement: string, work: () => Promise<void>): Promise<void> {
    await withDatabase(stack, 'auth', async (query) => {
      await query('CREATE TABLE before AS TABLE signing_keys');
      await query(statement);
    });
    await work();
    await withDatabase(stack, 'auth', async (query) => {
      await query('DELETE FROM signing_keys');
      await query('INSERT INTO signing_keys SELECT * FROM before');
      await query('DROP TABLE before');
    });
  }

  it('are in no column of any table in the clear (JWK-10)', async () => {
    const text = await dump(stack, 'auth');
    expect(text).toContain(kidsAtFirst[0]);
    // A private member of a JWK (a row quotes its quotes), PEM, and the DER of PKCS #8 in base64.
    expect(text).not.toMatch(/"(?:d|p|q|dp|dq|qi|k)"+ ?:|PRIVATE KEY|\bMI[GI][\w+/-]{40}/);
  });

  it.each<[deviation: string, statement: string]>([
    [
      'swapped ciphertexts',
      `UPDATE signing_keys k SET encrypted_private_key =
         (SELECT o.encrypted_private_key FROM signing_keys o
          WHERE o.alg = CASE k.alg WHEN 'RS256' THEN 'ES256' ELSE 'RS256' END)`,
    ],
    [
      'an altered ciphertext',
      `UPDATE signing_keys SET encrypted_private_key = overlay(encrypted_private_key PLACING 'AAAA' FROM 40)`,
    ],
    ['an altered kid', `UPDATE signing_keys SET kid = reverse(kid)`],
    ['an altered algorithm', `UPDATE signing_keys SET alg = 'PS256', state = 'retired' WHERE alg = 'RS256'`],
    [
      'an altered public key',
      `UPDATE signing_keys SET public_jwk = jsonb_set(public_jwk, '{x}', '"AAAA"') WHERE alg = 'ES256'`,
    ],
    [
      'a member more in what is published',
      `UPDATE signing_keys SET public_jwk = public_jwk || '{"x5u":"https://attacker.example"}'`,
    ],
  ])('are refused at start with %s, in one line and without key bytes (JWK-10)', async (_what, statement) => {
    await withAltered(statement, async () => {
      const end = await startInVain(stack);
      expect(end).toEqual(
        refusal(/^auth did not start:\n {2}- signing key [\w-]+(?: does not open)?: its row was altered\n$/),
      );
    });
  });

  it('are refused at start under another key-encryption key, which says which it is and which it was (JWK-10)', async () => {
    configure(FOREIGN);
    const end = await startInVain(stack);
    expect(end).toEqual(
      refusal(
        /^auth did not start:\n {2}- signing key [\w-]+ was sealed under the key-encryption key [0-9a-f]{16}, and KEY_ENCRYPTION_KEY is [0-9a-f]{16}\n$/,
      ),
    );
    expect(end.stderr).not.toContain(FOREIGN);
  });

  it(
    'live through a change of the key-encryption key, as do sessions, cookies and refresh tokens',
    async () => {
      configure(NEWER, OLDER);
      await stack.start(['auth']);
      expect(await kids(stack.issuer)).toEqual(kidsAtFirst);
      expect((await web.refresh(login.refresh_token)).status).toBe(200);
      expect(await isLoggedIn()).toBe(true);
      await stack.stack.stopApp('auth');
    },
    PATIENCE_MS,
  );

  it(
    'need the previous key-encryption key no more after that start',
    async () => {
      configure(NEWER);
      await stack.start(['auth']);
      expect(await kids(stack.issuer)).toEqual(kidsAtFirst);
      expect(await isLoggedIn()).toBe(true); // that visit had its cookie signed under the new key
      await stack.stack.stopApp('auth');
      configure(OLDER);
      expect(await startInVain(stack)).toEqual(refusal(/was sealed under the key-encryption key/));
      configure(NEWER);
    },
    PATIENCE_MS,
  );

  it('and their key-encryption keys are in no line that auth printed', () => {
    const printed = stack.lines.map(({ text }) => text).join('\n');
    expect([OLDER, NEWER].filter((key) => printed.includes(key))).toEqual([]);
    expect(printed).not.toMatch(/"d"\s*:/);
  });
});

if (POSTGRES_URL === undefined) {
  process.stderr.write('SKIPPED: TEST_POSTGRES_URL is not set: two replicas share no embedded database\n');
}
const onPostgres = POSTGRES_URL === undefined ? describe.skip : describe;

onPostgres('two replicas while the key-encryption key is changed', () => {
  let first: TestStack;
  let second: TestStack;

  beforeAll(async () => {
    first = await TestStack.prepare({ appEnvironment: { auth: { KEY_ENCRYPTION_KEY: OLDER } } });
    const shared = { DATABASE_URL: first.databaseUrl('auth'), ISSUER: first.issuer };
    second = await TestStack.prepare({ appEnvironment: { auth: { ...shared, ...files } } });
    await first.start(['auth']);
  }, PATIENCE_MS);

  afterAll(async () => {
    await second.dispose();
    await first.dispose();
  });

  it(
    'sign with the same keys, the one that knows the old one only with what it has opened',
    async () => {
      configure(NEWER, OLDER);
      await second.start(['auth']);
      expect(await kids(second.issuer)).toEqual(await kids(first.issuer));
      await expect(serviceToken(first.issuer)).resolves.toBeDefined();
      await expect(serviceToken(second.issuer)).resolves.toBeDefined();
    },
    PATIENCE_MS,
  );

  const readiness = async (origin: string) => (await fetch(`${origin}/readyz`)).status;

  const without = async (replica: AuthReplica, kid: string) => {
    for (let attempt = 0; attempt < 250; attempt++) {
      if (!(await replica.publishedKids()).includes(kid)) return;
      await delay(10);
    }
    throw new Error(`${kid} is still published`);
  };

  it(
    'obey a revocation, though the one with the old one only cannot open the key that follows (JWK-08)',
    async () => {
      const knowsOlder = new AuthReplica(first.issuer, first.issuer);
      const knowsBoth = new AuthReplica(first.issuer, second.issuer);
      const signing = async (alg: string) =>
        (await knowsBoth.keys()).data.find((key) => key.alg === alg && key.state === 'signing')?.kid ?? '';

      await knowsBoth.change('announce', { alg: 'ES256' });
      const events = await signing('ES256');
      const { changes, warning } = await knowsOlder.change(`${events}/revoke`, {});
      expect(changes.map(({ state }) => state)).toEqual(['revoked', 'signing']);
      expect(warning).toMatch(/the change is made, and the replica that answers cannot take over all of it/);
      expect(await knowsOlder.publishedKids()).not.toContain(events);

      await knowsBoth.change('announce', { alg: 'RS256' });
      const stolen = await signing('RS256');
      const { body } = await requestAdminToken(first.issuer);
      const oldToken = z.object({ access_token: z.string() }).parse(body).access_token;
      expect(await askAdmin(first.issuer, oldToken)).toBe(200);
      await knowsBoth.change(`${stolen}/revoke`, {});
      await without(knowsOlder, stolen);
      expect(await askAdmin(first.issuer, oldToken)).toBe(401);
      expect((await requestAdminToken(first.issuer)).status).toBe(503);
      expect(await readiness(first.issuer)).toBe(503);
      expect(decodeProtectedHeader(await serviceToken(second.issuer)).kid).toBe(await signing('RS256'));
      expect(await readiness(second.issuer)).toBe(200);
    },
    PATIENCE_MS,
  );

  it('and one that starts with the old one only is refused, as it could sign with nothing', async () => {
    const end = await runToEnd('auth', {
      DEMO: 'true',
      DATABASE_URL: first.databaseUrl('auth') ?? '',
      KEY_ENCRYPTION_KEY: OLDER,
    });
    expect(end).toEqual(refusal(/was sealed under the key-encryption key/));
  });
});
