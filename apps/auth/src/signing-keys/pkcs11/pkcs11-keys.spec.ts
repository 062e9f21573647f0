import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigurationError } from '@countersign/platform';
import { Logger } from '@nestjs/common';
import { base64url, compactVerify } from 'jose';
import type { ExternalSigningKey } from 'oidc-provider';
import { SoftHsm } from '../../../test-support/soft-hsm.js';
import type { SigningAlgorithm } from '../key-ring.js';
import type { NewKey, StoredKey } from '../private-key-store.js';
import { SigningUnavailableError } from '../signing-unavailable-error.js';
import * as pkcs11 from './cryptoki.js';
import { loadCryptoki } from './cryptoki.js';
import { Pkcs11Keys } from './pkcs11-keys.js';
import { Pkcs11Token } from './pkcs11-token.js';

/** CKA_VALUE of an EC key; RSA's are CKA_PRIVATE_EXPONENT and its like. */
const PRIVATE_PARTS = [0x11, 0x123, 0x124, 0x125];
const softHsm = SoftHsm.create();
const withHsm = softHsm === undefined ? describe.skip : describe;

withHsm('a key in a PKCS #11 token', () => {
  const { module = '', label = '', pin = '' } = softHsm ?? {};
  const token = new Pkcs11Token({ module, label, pin }, 2);
  const loose = new Set<string>();
  const keys = new Pkcs11Keys(token, {
    expect: (uri) => Promise.resolve(void loose.add(uri)),
    forget: (uri) => Promise.resolve(void loose.delete(uri)),
  });
  const made = new Map<SigningAlgorithm, NewKey>();

  function key(alg: SigningAlgorithm): NewKey {
    const found = made.get(alg);
    if (found === undefined) throw new Error(`no key for ${alg}`);
    return found;
  }

  beforeAll(async () => {
    Logger.overrideLogger(false);
    await softHsm?.enter();
    await token.connect();
    for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) made.set(alg, await keys.create(alg));
  });

  afterAll(async () => {
    await token.onApplicationShutdown();
    softHsm?.dispose();
  });

  function faultOf(call: () => unknown): string {
    try {
      return `read: ${String(call())}`;
    } catch (error) {
      return /CKR_\w+/.exec(String(error))?.[0] ?? String(error);
    }
  }

  async function signs({ alg, publicJwk }: StoredKey, signingKey: ExternalSigningKey): Promise<boolean> {
    const input = `${base64url.encode(JSON.stringify({ alg }))}.${base64url.encode('payload')}`;
    const signature = await signingKey.sign(Buffer.from(input));
    await compactVerify(`${input}.${base64url.encode(signature)}`, publicJwk, { algorithms: [alg] });
    return true;
  }

  it.each<[alg: SigningAlgorithm, kty: string]>([
    ['RS256', 'RSA'],
    ['PS256', 'RSA'],
    ['ES256', 'EC'],
    ['EdDSA', 'OKP'],
  ])('signs %s, and the row has its public half and its place only', async (alg, kty) => {
    const { privateKey, ...stored } = key(alg);
    expect(await signs(stored, privateKey as ExternalSigningKey)).toBe(true);
    expect(await signs(stored, await keys.open(stored))).toBe(true);
    expect(stored).toMatchObject({ kid: stored.publicJwk.kid, encryptedPrivateKey: null });
    expect(stored.publicJwk).toMatchObject({ kty, alg, use: 'sig' });
    expect(stored.privateKeyUri).toMatch(/^pkcs11:token=countersign;id=(%[0-9a-f]{2}){16};type=private$/);
    expect(JSON.stringify(stored)).not.toMatch(/"(?:d|p|q|dp|dq|qi|k)":/);
  });

  const reference = (alg: SigningAlgorithm) => key(alg).privateKeyUri ?? '';

  it.each<[deviation: string, row: () => StoredKey, message: RegExp]>([
    [
      'the key of another row',
      () => ({ ...key('RS256'), privateKeyUri: reference('PS256') }),
      /has no such key for RS256/,
    ],
    [
      'another algorithm',
      () => ({ ...key('RS256'), alg: 'PS256', publicJwk: { ...key('RS256').publicJwk, alg: 'PS256' } }),
      /has no such key for PS256/,
    ],
    [
      'another public key',
      () => ({ ...key('ES256'), publicJwk: key('EdDSA').publicJwk }),
      /its row was altered/,
    ],
    ['another kid', () => ({ ...key('ES256'), kid: key('EdDSA').kid }), /its row was altered/],
    [
      'another token',
      () => ({ ...key('ES256'), privateKeyUri: reference('ES256').replace(label, 'other') }),
      /is in the PKCS#11 token other, and PKCS11_TOKEN_LABEL is countersign/,
    ],
    [
      'a key that is not there',
      () => ({ ...key('ES256'), privateKeyUri: reference('ES256').replace(/id=.../, 'id=%00') }),
      /has no such key for ES256/,
    ],
    ['no URI', () => ({ ...key('ES256'), privateKeyUri: 'file:///etc/passwd' }), /its row was altered/],
  ])('is refused when its row names %s', async (_deviation, row, message) => {
    await expect(keys.open(row())).rejects.toThrow(ConfigurationError);
    await expect(keys.open(row())).rejects.toThrow(message);
  });

  it('has no private part that the token gives out', async () => {
    const cryptoki = loadCryptoki(module); // initialised in this process already, and logged in
    const [slot] = cryptoki.C_GetSlotList(true);
    const session = cryptoki.C_OpenSession(slot ?? Buffer.alloc(0), pkcs11.CKF_SERIAL_SESSION);
    cryptoki.C_FindObjectsInit(session, [{ type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY }]);
    const objects = cryptoki.C_FindObjects(session, 10);
    cryptoki.C_FindObjectsFinal(session);
    const answers = objects.map((object) =>
      PRIVATE_PARTS.map((type) => faultOf(() => cryptoki.C_GetAttributeValue(session, object, [{ type }]))),
    );
    const [absent, sensitive] = ['CKR_ATTRIBUTE_TYPE_INVALID', 'CKR_ATTRIBUTE_SENSITIVE'];
    const rsa = [absent, sensitive, sensitive, sensitive];
    const ec = [sensitive, absent, absent, absent];
    expect(answers.map((answer) => answer.join()).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(
      [ec, ec, rsa, rsa].map((answer) => answer.join()),
    );
  });

  it('is gone from the token when it is destroyed', async () => {
    const { privateKey: _gone, ...stored } = await keys.create('ES256');
    await keys.destroy(stored);
    await expect(keys.open(stored)).rejects.toThrow(/has no such key/);
    expect(loose).not.toContain(stored.privateKeyUri);
  });

  it('is written down before the token is asked for it', async () => {
    const { privateKeyUri } = key('ES256');
    expect(loose).toContain(privateKeyUri);
    const refusing = new Pkcs11Keys(token, {
      expect: () => Promise.reject(new Error('no database')),
      forget: () => Promise.resolve(),
    });
    await expect(refusing.create('ES256')).rejects.toThrow('no database');
  });

  it('signs many at a time, each for its own data', async () => {
    const signatures = Array.from({ length: 200 }, async () =>
      signs(key('ES256'), key('ES256').privateKey as ExternalSigningKey),
    );
    expect(new Set(await Promise.all(signatures))).toEqual(new Set([true]));
  });

  it('says that it is unavailable while the token is away, and signs again when it is back', async () => {
    await delay(1_100);
    softHsm?.unplug();
    const signature = () => signs(key('ES256'), key('ES256').privateKey as ExternalSigningKey);
    await expect(signature()).rejects.toThrow(SigningUnavailableError);
    await expect(keys.assertSigns()).rejects.toThrow(SigningUnavailableError);
    await expect(keys.assertAvailable()).rejects.toThrow(SigningUnavailableError);
    softHsm?.plugIn();
    await delay(1_100);
    await keys.assertSigns();
    await keys.assertAvailable();
    expect(await signature()).toBe(true);
  });
});
