import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../config/configuration-error.js';

/** Changes with every boot of the machine, and is the same in all its containers. */
const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';

/**
 * Takes a data folder for this process alone: two processes on one embedded database would destroy it. The lock is
 * a file that names its owner; one whose owner no longer runs (kill -9, a power loss) is taken over.
 *
 * @returns the function that gives the folder back.
 * @throws ConfigurationError when a running process holds the folder.
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'lock');
  for (let attempt = 0; attempt < 2; attempt++) {
    if (claim(file)) return () => rmSync(file, { force: true });
    const [pid = '', bootId = ''] = readFileSync(file, 'utf8').split(' ');
    if (bootId === currentBootId() && isOtherRunningProcess(Number(pid))) {
      throw new ConfigurationError([
        `the data folder ${folder} is in use by process ${pid} (if that is none of yours, delete ${file})`,
      ]);
    }
    rmSync(file, { force: true });
  }
  throw new ConfigurationError([`the data folder ${folder} is in use by another process`]);
}

/** Written aside and linked into place: whoever reads the lock never sees half of one. */
function claim(file: string): boolean {
  const aside = `${file}.${randomUUID()}`;
  writeFileSync(aside, `${process.pid} ${currentBootId()}`);
  try {
    linkSync(aside, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(aside);
  }
}

/** Process ids are given anew after a boot: one of an earlier boot says nothing. Empty where the system has no such id. */
function currentBootId(): string {
  return existsSync(BOOT_ID_FILE) ? readFileSync(BOOT_ID_FILE, 'utf8').trim() : '';
}

function isOtherRunningProcess(pid: number): boolean {
  // In a container every process can have the same id: a lock of our own id is one left by our predecessor.
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
