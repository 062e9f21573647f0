import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../config/configuration-error.js';

/**
 * Takes a data folder for this process alone: two processes on one embedded database would destroy it. The lock is
 * a file that holds the owner's process id; one whose owner no longer runs (kill -9) is taken over.
 *
 * @returns the function that gives the folder back.
 * @throws ConfigurationError when a running process holds the folder.
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'lock');
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = Number(readFileSync(file, 'utf8'));
    if (isOtherRunningProcess(owner)) break;
    rmSync(file, { force: true });
  }
  throw new ConfigurationError([`the data folder ${folder} is in use by another process`]);
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
