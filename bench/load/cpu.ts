import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** `getconf CLK_TCK` of every Linux there is. */
const TICKS_PER_SECOND = 100;

/** Confines a process, with all its threads, to one core (Linux: util-linux's taskset). */
export function pin(pid: number, core: number): void {
  const { status, stderr } = setAffinity(String(pid), String(core));
  if (status !== 0) throw new Error(`taskset: ${String(stderr)}`);
}

/** CPU time that a process has used, in user and system mode: proc(5), fields 14 and 15 of stat. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/**
 * Confines the PostgreSQL servers of this machine to one core while `work` runs, so that they take nothing from another
 * core that is being measured. For that, this process has to be root or the servers' user.
 *
 * @returns what `work` gave, and whether they were confined
 */
export async function withPostgresOn<Result>(
  core: number,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly isPostgresConfined: boolean }> {
  const isPostgresConfined = confinePostgres(String(core));
  try {
    return { result: await work(), isPostgresConfined };
  } finally {
    confinePostgres(`0-${cpus().length - 1}`);
  }
}

/** Connections to come inherit it from the server's first process. */
function confinePostgres(cores: string): boolean {
  const pids = spawnSync('pgrep', ['-x', 'postgres']).stdout.toString().split('\n').filter(Boolean);
  return pids.length > 0 && pids.every((pid) => setAffinity(pid, cores).status === 0);
}

function setAffinity(pid: string, cores: string): SpawnSyncReturns<Buffer> {
  return spawnSync('taskset', ['-a', '-c', '-p', cores, pid]);
}
