import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** `getconf CLK_TCK` of every Linux there is. */
const TICKS_PER_SECOND = 100;

/** Confines a process, with all its threads, to one core (Linux: util-linux's taskset). */
export function pin(pid: number, core: number): void {
  const { status, stderr } = spawnSync('taskset', ['-a', '-c', '-p', String(core), String(pid)]);
  if (status !== 0) throw new Error(`taskset: ${String(stderr)}`);
}

/** CPU time that a process has used, in user and system mode: proc(5), fields 14 and 15 of stat. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
