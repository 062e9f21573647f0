import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { join, relative } from 'node:path';
import { round } from './load/statistics.ts';

const ROOT = join(import.meta.dirname, '..');
/** What is committed: what a command measures by itself, without options and without a fault. */
const COMMITTED = join(ROOT, 'docs', 'measurements');
/** All else, which must not replace it. */
const UNCOMMITTED = join(ROOT, '.measurements');

export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly loadAverageAtStart: number;
}

export interface Figures {
  readonly machine: Machine;
  /** Each in a sentence; they are said before anything else. */
  readonly faults: readonly string[];
  readonly [name: string]: unknown;
}

/** On what was measured, without which no figure says anything. */
export function machine(): Machine {
  const [cpu] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: `${cpus().length} × ${cpu?.model.trim()}`,
    memoryGiB: round(totalmem() / 2 ** 30, 1),
    system: `${type()} ${release()}`,
    node: process.versions.node,
    loadAverageAtStart: round(loadavg()[0] ?? 0, 2),
  };
}

/** Writes the figures, and the page that shows them, whose first line is its title. */
export function writeReport(name: string, figures: Figures, [title = '', ...page]: readonly string[]): void {
  const { faults, machine: on } = figures;
  const given = process.argv.slice(2).join(' ');
  const folder = given === '' && faults.length === 0 ? COMMITTED : UNCOMMITTED;
  const head = [
    title,
    '',
    ...(faults.length > 0 ? [`**FAULTS: ${faults.length}**`, '', ...faults.map((it) => `- ${it}`), ''] : []),
    `Measured on ${on.date}: ${on.cpu}, ${on.memoryGiB} GiB, ${on.system}, Node ${on.node}; load average at the start`,
    `${on.loadAverageAtStart}${given === '' ? '' : `. Not the whole measurement, but with \`${given}\``}.`,
  ];
  const file = join(folder, `${name}.md`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(figures, undefined, 2)}\n`);
  writeFileSync(file, `${[...head, ...page].join('\n')}\n`);
  print(`report: ${relative(ROOT, file)}`);
}

/** Rows with a header, as Prettier leaves them. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const cells = [header, ...rows.map((row) => row.map(String))];
  const widths = header.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)];
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
