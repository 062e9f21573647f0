import { describe, expect, it, jest } from '@jest/globals';
import { QueueFullError, WorkQueue } from './work-queue.js';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the work queue', () => {
  it('runs no more tasks at a time than it may', async () => {
    const queue = new WorkQueue({ concurrency: 2, maxWaiting: 10, maxWaitMs: null });
    let running = 0;
    let most = 0;
    const task = async () => {
      most = Math.max(most, ++running);
      await nextTurn();
      running--;
    };
    await Promise.all(Array.from({ length: 10 }, () => queue.run(task)));
    expect(most).toBe(2);
  });

  it('refuses a task when too many wait, and takes tasks again when they are done', async () => {
    const queue = new WorkQueue({ concurrency: 1, maxWaiting: 1, maxWaitMs: null });
    const accepted = [queue.run(nextTurn), queue.run(nextTurn)];
    await expect(queue.run(nextTurn)).rejects.toBeInstanceOf(QueueFullError);
    await Promise.all(accepted);
    await expect(queue.run(() => Promise.resolve('done'))).resolves.toBe('done');
  });

  it('refuses a task that has had no turn in time, never runs it, and takes others in its place', async () => {
    const queue = new WorkQueue({ concurrency: 1, maxWaiting: 1, maxWaitMs: 20 });
    const slow = Promise.withResolvers<void>();
    const first = queue.run(() => slow.promise);
    const late = jest.fn(() => Promise.resolve());
    await expect(queue.run(late)).rejects.toBeInstanceOf(QueueFullError);
    const next = queue.run(() => Promise.resolve('done'));
    slow.resolve();
    await first;
    await expect(next).resolves.toBe('done');
    expect(late).not.toHaveBeenCalled();
  });

  it('goes on after a task that failed', async () => {
    const queue = new WorkQueue({ concurrency: 1, maxWaiting: 1, maxWaitMs: null });
    const failed = queue.run(() => Promise.reject(new Error('no')));
    const next = queue.run(() => Promise.resolve('done'));
    await expect(failed).rejects.toThrow('no');
    await expect(next).resolves.toBe('done');
  });
});
