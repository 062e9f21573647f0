import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readOrCreate } from './read-or-create.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-'));
  file = join(folder, 'auth', 'secret');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a file of the data folder', () => {
  it('is made once, for its owner alone', () => {
    expect(readOrCreate(file, () => 'first')).toBe('first');
    expect(readOrCreate(file, () => 'second')).toBe('first');
    expect([statSync(file).mode & 0o777, statSync(join(folder, 'auth')).mode & 0o777]).toEqual([
      0o600, 0o700,
    ]);
  });

  it('is what another process wrote meanwhile', () => {
    const create = () => {
      writeFileSync(file, 'of the other process\n');
      return 'of this one';
    };
    expect(readOrCreate(file, create)).toBe('of the other process');
  });
});
