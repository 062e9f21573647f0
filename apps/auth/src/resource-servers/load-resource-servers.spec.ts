import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ConfigurationError } from '@countersign/platform';
import { loadResourceServers } from './load-resource-servers.js';

const API = 'https://api.example';
const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const secret = randomBytes(32).toString('base64url');
const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const files = {
  secret: file('secret', `${secret}\n`),
  same: file('same', secret),
  other: file('other', randomBytes(48).toString('base64url')),
  short: file('short', randomBytes(31).toString('base64url')),
  typed: file('typed', Buffer.from('secret secret secret secret secret').toString('base64url')),
  pem: file('pem', publicKey.export({ type: 'spki', format: 'pem' }).toString()),
  jwk: file('jwk', JSON.stringify(publicKey.export({ format: 'jwk' }))),
  missing: join(folder, 'missing'),
};

const ledger = {
  identifier: 'https://ledger.example',
  scopes: ['ledger:read'],
  access_token: 'HS256',
  secret_file: files.secret,
};
const reports = { identifier: 'https://reports.example', scopes: ['reports:read'], access_token: 'ES256' };

function load(entries: unknown, isDemo: 'demo' | 'production' = 'production') {
  return loadResourceServers({
    ISSUER: 'https://issuer.example',
    AUDIENCE: API,
    ACCESS_TOKEN_ALGORITHM: 'PS256',
    RESOURCE_SERVERS: typeof entries === 'string' ? entries : JSON.stringify(entries),
    SIGNING_ALGORITHMS: ['RS256', 'PS256', 'ES256'],
    DEMO: isDemo === 'demo',
    DATA_DIR: folder,
  });
}

function faultsOf(entries: unknown): readonly string[] {
  try {
    load(entries);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
}

describe('the resource servers', () => {
  it('are the API, with the algorithm of the settings, and those of the list', () => {
    const servers = load([ledger, { ...reports, access_token_seconds: 60 }]);
    expect(servers.find(API)).toMatchObject({
      accessToken: { name: 'PS256' },
      choices: ['RS256', 'PS256', 'ES256', 'opaque'],
    });
    expect(servers.find(ledger.identifier)).toMatchObject({
      scopes: ['ledger:read'],
      accessTokenSeconds: 300,
      accessToken: { name: 'HS256' },
      choices: [],
    });
    expect(servers.find(reports.identifier)).toMatchObject({
      accessTokenSeconds: 60,
      accessToken: { name: 'ES256' },
    });
    expect(servers.scopes()).toEqual(expect.arrayContaining(['orders:read', 'ledger:read', 'reports:read']));
    expect(servers.signingAlgorithms()).toEqual(['PS256', 'ES256']);
  });

  it('are found by their identifier to the letter', () => {
    const servers = load([reports]);
    expect(servers.find('https://reports.example/')).toBeUndefined();
    expect(servers.find('https://REPORTS.example')).toBeUndefined();
    expect(servers.find('toString')).toBeUndefined();
  });

  it('of the demo are one of every kind, whose secret the first start makes for its owner alone', () => {
    const servers = load([], 'demo');
    for (const kind of ['rs256', 'ps256', 'es256', 'opaque', 'hs256']) {
      expect(servers.find(`${API}/demo/${kind}`)?.accessToken.name.toLowerCase()).toBe(kind);
    }
    const path = join(folder, 'auth', 'demo-hs256-secret');
    const made = readFileSync(path, 'utf8');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    load([], 'demo');
    expect(readFileSync(path, 'utf8')).toBe(made);
  });

  it.each<[deviation: string, entries: unknown, fault: RegExp]>([
    ['no JSON', 'identifier: x', /RESOURCE_SERVERS .*array/],
    ['one object', ledger, /RESOURCE_SERVERS .*array/],
    ['no identifier', [{ ...reports, identifier: undefined }], /0\.identifier/],
    ['an identifier that is no absolute URI', [{ ...reports, identifier: '/reports' }], /0\.identifier/],
    ['a fragment (RFC 8707 §2)', [{ ...reports, identifier: 'https://x.example/#y' }], /fragment/],
    ['no scopes', [{ ...reports, scopes: [] }], /0\.scopes/],
    ['a scope with a space', [{ ...reports, scopes: ['a b'] }], /0\.scopes\.0/],
    ['a scope that logins have', [{ ...reports, scopes: ['openid'] }], /openid is for logins/],
    ['the algorithm none', [{ ...reports, access_token: 'none' }], /0\.access_token/],
    ['the algorithm HS512', [{ ...ledger, access_token: 'HS512' }], /0\.access_token/],
    [
      'an algorithm that has no keys',
      [{ ...reports, access_token: 'EdDSA' }],
      /SIGNING_ALGORITHMS has no EdDSA/,
    ],
    ['HS256 without a secret', [{ ...ledger, secret_file: undefined }], /0\.secret_file/],
    ['a secret in the list itself', [{ ...ledger, secret }], /secret/],
    ['a secret of an asymmetric one', [{ ...reports, secret_file: files.secret }], /secret_file/],
    ['a longer life than any token', [{ ...reports, access_token_seconds: 301 }], /access_token_seconds/],
    ['no life', [{ ...reports, access_token_seconds: 0 }], /access_token_seconds/],
    ['the identifier of the API', [{ ...ledger, identifier: API }], /two .* https:\/\/api\.example/],
    [
      'the identifier of the admin API',
      [{ ...ledger, identifier: 'https://issuer.example/admin' }],
      /two .* https:\/\/issuer\.example\/admin/,
    ],
    ['one identifier twice', [ledger, { ...reports, identifier: ledger.identifier }], /two .*ledger/],
    ['a secret that is not there', [{ ...ledger, secret_file: files.missing }], /ENOENT/],
    ['a secret of 31 bytes', [{ ...ledger, secret_file: files.short }], /32 bytes/],
    ['a secret that someone typed', [{ ...ledger, secret_file: files.typed }], /not random/],
    ['a public key for a secret (RFC 8725 §2.1)', [{ ...ledger, secret_file: files.pem }], /base64url/],
    ['a public JWK for a secret (RFC 8725 §2.1)', [{ ...ledger, secret_file: files.jwk }], /base64url/],
    [
      'one secret for two',
      [ledger, { ...ledger, identifier: 'https://two.example', secret_file: files.same }],
      /the same secret/,
    ],
  ])('are refused with %s', (_deviation, entries, fault) => {
    expect(faultsOf(entries)).toEqual([expect.stringMatching(fault)]);
  });

  it('may be HS256 ones with secrets of their own', () => {
    const two = { ...ledger, identifier: 'https://two.example', secret_file: files.other };
    expect(faultsOf([ledger, two])).toEqual([]);
  });

  it('are refused with every fault at once, and with no secret in the message', () => {
    const faults = faultsOf([
      { ...reports, scopes: [], access_token_seconds: 0 },
      { ...ledger, identifier: 'x', secret },
    ]);
    expect(faults).toHaveLength(4);
    expect(faults.join()).not.toContain(secret);
  });
});
