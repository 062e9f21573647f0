import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { hashSync, verifySync, type Options } from '@node-rs/argon2';

export type PasswordTask =
  | { readonly do: 'hash'; readonly password: string; readonly parameters: Options }
  | { readonly do: 'verify'; readonly password: string; readonly passwordHash: string };

export type PasswordResult = { readonly value: string | boolean } | { readonly error: string };

/** Linux schedules threads one by one, and lets a thread that has little to do go before one that computes. */
function giveWay(): void {
  if (process.platform !== 'linux') return;
  const threadId = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  setPriority(threadId, constants.priority.PRIORITY_LOW);
}

function perform(task: PasswordTask): PasswordResult {
  try {
    if (task.do === 'hash') return { value: hashSync(task.password, task.parameters) };
    return { value: verifySync(task.passwordHash, task.password) };
  } catch (error) {
    return { error: String(error) };
  }
}

giveWay();
parentPort?.on('message', (task: PasswordTask) => parentPort?.postMessage(perform(task)));
