import { hash, verify } from '@node-rs/argon2';
import { WorkQueue } from './work-queue.js';

/** argon2id is the library's default; 19 MiB, 2 passes, 1 lane: OWASP's password storage cheat sheet, 2025. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Two at a time leave half of libuv's threads to the database and to signing. */
const CONCURRENCY = 2;
const MAX_WAITING = 64;

/** argon2id on libuv's thread pool, never on the main thread, and never so much of it that `/token` has to wait. */
export class PasswordHasher {
  private readonly queue = new WorkQueue({ concurrency: CONCURRENCY, maxWaiting: MAX_WAITING });

  private constructor(private readonly hashOfNobody: string) {}

  static async create(): Promise<PasswordHasher> {
    return new PasswordHasher(await hash(crypto.randomUUID(), PARAMETERS));
  }

  /** @throws QueueFullError when too many wait. */
  hash(password: string): Promise<string> {
    return this.queue.run(() => hash(normalize(password), PARAMETERS));
  }

  /**
   * Whether `password` is the one that `passwordHash` was made of. Without a hash it is compared with one that no
   * password has, so that an unknown account takes as long as a known one and cannot be told from it.
   *
   * @throws QueueFullError when too many wait.
   */
  async verify(password: string, passwordHash: string | undefined): Promise<boolean> {
    const matches = await this.queue.run(() =>
      verify(passwordHash ?? this.hashOfNobody, normalize(password)),
    );
    return matches && passwordHash !== undefined;
  }
}

/** One password is the same on every keyboard (NIST SP 800-63B-4 §3.1.1.2). */
function normalize(password: string): string {
  return password.normalize('NFKC');
}
