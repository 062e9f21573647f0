import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

  const ownedBy = (owner: string): void => writeFileSync(join(folder, 'lock'), owner);

  it('makes the folder, and gives it back for the next', () => {
    const inner = join(folder, 'a', 'b');
    lockFolder(inner)();
    expect(() => lockFolder(inner)()).not.toThrow();
  });

  it('refuses a folder that a running process holds', () => {
    ownedBy(String(process.ppid));
    expect(() => lockFolder(folder)).toThrow('in use by another process');
  });

  it('takes over what a killed process left', () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    ownedBy(String(pid));
    expect(() => lockFolder(folder)()).not.toThrow();
  });

  it.each(['', 'rubbish', '-1', '0'])('takes over a lock that says %j', (owner) => {
    ownedBy(owner);
    expect(() => lockFolder(folder)()).not.toThrow();
  });
});
