import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Loaded into a process before its code: its clock is ahead by the milliseconds that the file `clock-shift` of its data
 * folder has.
 */
const file = join(process.env.DATA_DIR, 'clock-shift');
const shiftMs = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + shiftMs);
    else super(...parts);
  }

  static now() {
    return RealDate.now() + shiftMs;
  }
};
