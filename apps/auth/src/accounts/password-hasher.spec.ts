import { describe, expect, it } from '@jest/globals';
import { PasswordHasher } from './password-hasher.js';

describe('the password hasher', () => {
  it('recognises the password that it hashed, and no other', async () => {
    const hasher = await PasswordHasher.create();
    const passwordHash = await hasher.hash('correct horse');
    expect(await hasher.verify('correct horse', passwordHash)).toBe(true);
    expect(await hasher.verify('Correct horse', passwordHash)).toBe(false);
  });

  it('uses argon2id with 19 MiB and 2 passes', async () => {
    const hasher = await PasswordHasher.create();
    expect(await hasher.hash('x')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('recognises nothing for an account that does not exist', async () => {
    const hasher = await PasswordHasher.create();
    expect(await hasher.verify('anything', undefined)).toBe(false);
  });

  it('takes as long for an unknown account as for a wrong password', async () => {
    const hasher = await PasswordHasher.create();
    const passwordHash = await hasher.hash('x');
    // Turn by turn: whatever else the machine does slows both.
    const [known, unknown]: [number[], number[]] = [[], []];
    for (let run = 0; run < 5; run++) {
      known.push(await milliseconds(passwordHash));
      unknown.push(await milliseconds(undefined));
    }
    // The work is the same; a look-up without hashing would be a thousand times as fast.
    expect(Math.max(...unknown)).toBeGreaterThan(Math.min(...known) / 3);

    async function milliseconds(hash: string | undefined): Promise<number> {
      const start = performance.now();
      await hasher.verify('wrong', hash);
      return performance.now() - start;
    }
  });

  it('leaves the main thread free', async () => {
    const hasher = await PasswordHasher.create();
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await Promise.all(Array.from({ length: 10 }, () => hasher.hash('x')));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });
});
