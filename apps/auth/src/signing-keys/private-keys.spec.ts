import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { ConfigurationError } from '@countersign/platform';
import { KeyEncryption } from './key-encryption.js';
import { LocalKeyEncryptionKey } from './local-key-encryption-key.js';
import { PrivateKeys } from './private-keys.js';
import { SealedKeys } from './sealed-keys.js';

const newKey = () => LocalKeyEncryptionKey.fromBase64url(randomBytes(32).toString('base64url'));
const [older, newer] = [newKey(), newKey()];
const sealedUnder = (current: LocalKeyEncryptionKey, ...previous: LocalKeyEncryptionKey[]) =>
  new SealedKeys(new KeyEncryption(current, previous));

describe('the private keys of a process', () => {
  it('that another replica sealed under a newer key go on signing here', async () => {
    const here = new PrivateKeys(sealedUnder(older), undefined, 'database');
    const { privateKey: _made, ...row } = await here.create('ES256');
    const opened = await here.open(row);
    const resealed = await sealedUnder(newer, older).reseal(row);
    const changedRow = { ...row, encryptedPrivateKey: resealed ?? '' };
    expect(await here.open(changedRow)).toBe(opened);
    await expect(new PrivateKeys(sealedUnder(older), undefined, 'database').open(changedRow)).rejects.toThrow(
      ConfigurationError,
    );
  });

  it('are opened anew when their row says something else of them', async () => {
    const keys = new PrivateKeys(sealedUnder(older), undefined, 'database');
    const { privateKey: _made, ...row } = await keys.create('RS256');
    await keys.open(row);
    await expect(keys.open({ ...row, alg: 'PS256' })).rejects.toThrow(/its row was altered/);
    await expect(keys.open({ ...row, publicJwk: { ...row.publicJwk, x5u: 'x' } })).rejects.toThrow(
      /its row was altered/,
    );
  });

  it('cannot be made in an HSM that is not configured', () => {
    expect(() => new PrivateKeys(sealedUnder(older), undefined, 'pkcs11')).toThrow(/PKCS11_MODULE/);
  });
});
