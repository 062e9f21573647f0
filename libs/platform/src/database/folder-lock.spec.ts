import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lockFolder } from './folder-lock.js';

describe('lockFolder', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const lockFile = (): string => join(folder, 'lock');

  /** Leaves a lock as another process would have written it. */
  function leaveLockOf(pid: number | undefined): void {
    const unlock = lockFolder(folder);
    const [, bootId = ''] = readFileSync(lockFile(), 'utf8').split(' ');
    unlock();
    writeFileSync(lockFile(), `${pid} ${bootId}`);
  }

  it('makes the folder, and gives it back for the next', () => {
    const inner = join(folder, 'a', 'b');
    lockFolder(inner)();
    expect(() => lockFolder(inner)()).not.toThrow();
  });

  it('leaves nothing in the folder but the lock', () => {
    const unlock = lockFolder(folder);
    expect(readdirSync(folder)).toEqual(['lock']);
    unlock();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses a folder that a running process holds, and says which', () => {
    leaveLockOf(process.ppid);
    expect(() => lockFolder(folder)).toThrow(`in use by process ${process.ppid}`);
    expect(() => lockFolder(folder)).toThrow(lockFile());
  });

  it('takes over what a killed process left', () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    leaveLockOf(pid);
    expect(() => lockFolder(folder)()).not.toThrow();
  });

  it('takes over what was left before the machine booted, whoever has the process id now', () => {
    writeFileSync(lockFile(), `${process.ppid} an-earlier-boot`);
    expect(() => lockFolder(folder)()).not.toThrow();
  });

  it.each(['', 'rubbish', '-1', '0'])('takes over a lock that says %j', (owner) => {
    writeFileSync(lockFile(), owner);
    expect(() => lockFolder(folder)()).not.toThrow();
  });
});
