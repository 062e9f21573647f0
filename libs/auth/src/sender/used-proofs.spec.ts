import { beforeEach, describe, expect, it } from '@jest/globals';
import { RedisUsedProofs } from './redis-used-proofs.js';
import { MemoryUsedProofs } from './used-proofs.js';

const START = Date.parse('2026-03-01T12:00:00Z');
const SECONDS = START / 1_000;

describe('MemoryUsedProofs', () => {
  let now: number;
  let proofs: MemoryUsedProofs;

  beforeEach(() => {
    now = START;
    proofs = new MemoryUsedProofs({ maxProofs: 3, now: () => now });
  });

  const use = (id: string, issuedAt = now / 1_000): Promise<boolean> => proofs.use({ id, issuedAt });
  const untimely = { code: 'proof_untimely', status: 401 };

  it('takes a proof once (DPO-15)', async () => {
    await expect(use('a')).resolves.toBe(true);
    await expect(use('a')).resolves.toBe(false);
    await expect(use('b')).resolves.toBe(true);
  });

  it('remembers it for as long as its iat is accepted, and no longer', async () => {
    await use('a');
    now += 300_000;
    await expect(use('a', SECONDS)).resolves.toBe(false);
    now += 1_000;
    await use('b');
    expect(proofs.size).toBe(1);
    await expect(use('a', SECONDS)).rejects.toMatchObject(untimely);
  });

  it('takes none that was made before it started: it may have been used', async () => {
    await expect(use('a', SECONDS - 1)).rejects.toMatchObject(untimely);
    await expect(use('a', SECONDS)).resolves.toBe(true);
  });

  it('gives the oldest up when it is full, and refuses what is as old from then on', async () => {
    await use('a', SECONDS);
    await use('b', SECONDS + 1);
    await use('c', SECONDS + 2);
    await expect(use('d', SECONDS + 3)).resolves.toBe(true);
    expect(proofs.size).toBe(3);
    await expect(use('a', SECONDS)).rejects.toMatchObject(untimely);
    await expect(use('d', SECONDS + 3)).resolves.toBe(false);
  });

  it('takes nothing twice when the clock goes back', async () => {
    now += 400_000;
    const issuedAt = now / 1_000;
    await use('a', issuedAt);
    now += 301_000;
    await use('b');
    now -= 301_000;
    await expect(use('a', issuedAt)).rejects.toMatchObject(untimely);
  });
});

describe('RedisUsedProofs', () => {
  const commands: (readonly string[])[] = [];
  const proofsWith = (command: () => Promise<unknown>): RedisUsedProofs =>
    new RedisUsedProofs({
      command: (parts) => {
        commands.push(parts);
        return command();
      },
      timeoutMs: 50,
      now: () => START,
    });
  const use = (command: () => Promise<unknown>): Promise<boolean> =>
    proofsWith(command).use({ id: 'a', issuedAt: SECONDS - 100 });
  const unavailable = { code: 'used_proofs_unavailable', status: 503, oauthError: undefined };

  it('sets a key that was not there, for longer than any replica accepts the iat', async () => {
    await expect(use(async () => 'OK')).resolves.toBe(true);
    expect(commands.at(-1)).toEqual(['SET', 'dpop-proof:a', '', 'NX', 'PX', '260000']);
  });

  it('knows a proof by the key that is there (DPO-15)', async () => {
    await expect(use(async () => null)).resolves.toBe(false);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['refuses', () => Promise.reject(new Error('OOM'))],
    ['does not answer in time', () => new Promise(() => undefined)],
    ['answers something else', async () => 'QUEUED'],
    ['answers nothing', async () => undefined],
  ])('accepts no proof while Redis %s', async (_fault, command) => {
    await expect(use(command)).rejects.toMatchObject(unavailable);
  });
});
