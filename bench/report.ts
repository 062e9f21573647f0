import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { round } from './load/statistics.ts';

const FOLDER = join(import.meta.dirname, '..', 'docs', 'measurements');

/** On what was measured, without which no figure says anything. */
export function machine(): object {
  const [cpu] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: `${cpus().length} × ${cpu?.model.trim()}`,
    node: process.versions.node,
    loadAverageAtStart: round(loadavg()[0] ?? 0, 2),
  };
}

/** Writes the figures, and the page that shows them. */
export function writeReport(name: string, figures: object, page: readonly string[]): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, `${name}.json`), `${JSON.stringify(figures, undefined, 2)}\n`);
  writeFileSync(join(FOLDER, `${name}.md`), `${page.join('\n')}\n`);
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
