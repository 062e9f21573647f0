import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { PasswordResult, PasswordTask } from './password-worker.js';
import { WorkQueue } from '@countersign/platform';

/** argon2id is the library's default; 19 MiB, 2 passes, 1 lane: OWASP's password storage cheat sheet, 2025. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Two threads are enough for the cores that a process should have, and 40 MiB of memory. */
const THREADS = 2;
const MAX_WAITING = 64;
const WORKER = new URL(`./password-worker${extname(import.meta.url)}`, import.meta.url);

/**
 * argon2id in threads of its own that have the lowest priority: logins, however many are offered, get the time that
 * the others leave, and `/token` does not wait for them. (libuv's threads could not give way: they sign, too.)
 */
export class PasswordHasher {
  private readonly queue = new WorkQueue({ concurrency: THREADS, maxWaiting: MAX_WAITING, maxWaitMs: null });
  private readonly idle: Worker[] = [];
  private hashOfNobody = '';

  private constructor() {}

  static async create(): Promise<PasswordHasher> {
    const hasher = new PasswordHasher();
    hasher.hashOfNobody = await hasher.hash(crypto.randomUUID());
    return hasher;
  }

  /** @throws QueueFullError when too many wait. */
  async hash(password: string): Promise<string> {
    const task = { do: 'hash', password: normalize(password), parameters: PARAMETERS } as const;
    return String(await this.perform(task));
  }

  /**
   * Whether `password` is the one that `passwordHash` was made of. Without a hash it is compared with one that no
   * password has, so that an unknown account takes as long as a known one and cannot be told from it.
   *
   * @throws QueueFullError when too many wait.
   */
  async verify(password: string, passwordHash: string | undefined): Promise<boolean> {
    const matches = await this.perform({
      do: 'verify',
      password: normalize(password),
      passwordHash: passwordHash ?? this.hashOfNobody,
    });
    return matches === true && passwordHash !== undefined;
  }

  /** @throws QueueFullError when too many wait. */
  assertNotBusy(): void {
    this.queue.assertNotFull();
  }

  private perform(task: PasswordTask): Promise<string | boolean> {
    return this.queue.run(async () => {
      const worker = this.idle.pop() ?? startWorker();
      worker.postMessage(task);
      // A worker that dies is an error here and is not used again.
      const [result] = (await once(worker, 'message')) as [PasswordResult];
      this.idle.push(worker);
      if ('error' in result) throw new Error(`argon2: ${result.error}`);
      return result.value;
    });
  }
}

function startWorker(): Worker {
  const worker = new Worker(WORKER);
  worker.unref(); // it does not keep a process from ending
  return worker;
}

/** One password is the same on every keyboard (NIST SP 800-63B-4 §3.1.1.2). */
function normalize(password: string): string {
  return password.normalize('NFKC');
}
