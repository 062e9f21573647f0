import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { commonSettings } from './common-settings.js';
import { ConfigurationError } from './configuration-error.js';
import { loadConfig, type Environment } from './load-config.js';
import { address, httpUrl, keys, networks, origins, redisUrl } from './setting.js';

const schema = z.object({
  ...commonSettings({ port: 3000, managementPort: 9100 }),
  ISSUER: httpUrl().default('http://localhost:3001'),
  PEER: address().prefault('localhost:4001'),
  SECRET: z.string(),
});

const own = { SECRET: 'a secret of our own' };

function faultsOf(environment: Environment): readonly string[] {
  try {
    loadConfig(schema, environment);
    return [];
  } catch (error) {
    return error instanceof ConfigurationError ? error.faults : [String(error)];
  }
}

describe('loadConfig', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('gives defaults to what is not set, and to what is empty', () => {
    const config = loadConfig(schema, { ...own, PORT: '' });
    expect(config).toMatchObject({
      PORT: 3_000,
      HOST: '127.0.0.1',
      DEMO: false,
      PEER: { host: 'localhost', port: 4_001 },
    });
  });

  it('cannot be changed after it was read', () => {
    expect(() => Object.assign(loadConfig(schema, own), { PORT: 1 })).toThrow(TypeError);
  });

  it('prefers the file to the value, and takes no line end from it', () => {
    const file = join(folder, 'secret');
    writeFileSync(file, 'from the file\n');
    expect(loadConfig(schema, { ...own, SECRET_FILE: file }).SECRET).toBe('from the file');
  });

  it('takes an issuer to the letter', () => {
    expect(loadConfig(schema, { ...own, ISSUER: 'https://id.example' }).ISSUER).toBe('https://id.example');
  });

  it('lists all faults at a time', () => {
    expect(faultsOf({ PORT: 'x', LOG_LEVEL: 'loud', ISSUER: 'id.example' })).toEqual([
      expect.stringMatching(/^PORT /),
      expect.stringMatching(/^LOG_LEVEL /),
      expect.stringMatching(/^ISSUER /),
      'SECRET is not set',
    ]);
  });

  it.each<[string, Environment, RegExp]>([
    ['a port beyond the last', { PORT: '65536' }, /^PORT /],
    ['a port with a fraction', { PORT: '1.5' }, /^PORT /],
    ['a negative port', { PORT: '-1' }, /^PORT /],
    ['a flag in other words', { DEMO: 'yes' }, /^DEMO /],
    ['an issuer of another scheme', { ISSUER: 'ftp://id.example' }, /^ISSUER is not an http/],
    ['an issuer with a query', { ISSUER: 'https://id.example?x' }, /^ISSUER must not/],
    ['an issuer with a fragment', { ISSUER: 'https://id.example#x' }, /^ISSUER must not/],
    ['an address without a port', { PEER: 'localhost' }, /^PEER is not host:port/],
    ['a file that is not there', { SECRET_FILE: '/nowhere/at/all' }, /^SECRET_FILE: cannot read .*ENOENT/],
  ])('refuses %s', (_title, environment, fault) => {
    expect(faultsOf({ ...own, ...environment })).toEqual([expect.stringMatching(fault)]);
  });

  it('says of a setting that another one needs why it has to be set', () => {
    const rule = schema.refine(({ PORT }) => PORT !== 1, { path: ['OTHER'], error: 'is not set: PORT is 1' });
    expect(() => loadConfig(rule, { ...own, PORT: '1' })).toThrow('OTHER is not set: PORT is 1');
  });

  it('never prints a value', () => {
    expect(faultsOf({ SECRET: 'canary', PORT: 'canary', PEER: 'canary' }).join()).not.toContain('canary');
  });
});

describe('a list of networks', () => {
  it.each([
    ['10.0.0.0/8, 192.0.2.1', ['10.0.0.0/8', '192.0.2.1']],
    ['::1 fd00::/8', ['::1', 'fd00::/8']],
  ])('%s is read', (text, list) => expect(networks().parse(text)).toEqual(list));

  it.each([
    '0.0.0.0/0',
    '::/0',
    'true',
    '*',
    'loopback',
    '10.0.0.0/33',
    '10.0.0.0/',
    'proxy.example',
    '10.0.0.0/8/8',
  ])('%s is refused', (text) => expect(networks().safeParse(text).success).toBe(false));
});

describe('a list of keys', () => {
  const [newer, older] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const text = [newer, older].map((key) => key.toString('base64url')).join(' ');

  it('is read in its order', () => expect(keys().parse(text)).toEqual([newer, older]));

  it.each(['short', `${text} short`, Buffer.alloc(32, 255).toString('base64')])('%s is refused', (list) =>
    expect(keys().safeParse(list).success).toBe(false),
  );
});

describe('an address of Redis', () => {
  it.each(['redis://localhost', 'rediss://:secret@redis.example:6380/1'])('%s is taken', (url) =>
    expect(redisUrl().parse(url)).toBe(url),
  );

  it.each(['localhost:6379', 'http://localhost'])('%s is refused', (url) =>
    expect(redisUrl().safeParse(url).success).toBe(false),
  );
});

describe('a list of origins', () => {
  it('is read', () => {
    const text = 'https://app.example, http://localhost:5173';
    expect(origins().parse(text)).toEqual(['https://app.example', 'http://localhost:5173']);
  });

  it.each([
    '*',
    'null',
    'https://*.example',
    'app.example',
    'https://app.example/',
    'https://app.example/path',
    'https://APP.example',
    'https://app.example:443',
    'file:///index.html',
    'https://user@app.example',
  ])('%s is refused', (text) => expect(origins().safeParse(text).success).toBe(false));
});
