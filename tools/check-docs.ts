import { globSync, existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { applicationErrors } from '../libs/contracts/dist/index.js';
import { adminErrors } from '../apps/auth/src/admin/admin-errors.ts';
import { AUTH_ERRORS } from '../libs/auth/dist/auth-error.js';

/**
 * Fails when the documentation no longer fits the code: a link that leads nowhere, a line that is not there or no
 * longer says what its link says, an error code or a requirement that only one side knows.
 */
const ROOT = join(import.meta.dirname, '..');
const PAGES = globSync(['*.md', 'docs/**/*.md', 'libs/*/README.md'], { cwd: ROOT });
const ERRORS_PAGE = 'docs/errors.md';
const SPECIFICATIONS_PAGE = 'docs/specifications.md';
const TESTS = globSync(['{apps,libs}/*/src/**/*.spec.ts', 'libs/auth/src/testing/*.ts', 'test/**/*.ts'], {
  cwd: ROOT,
});

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

function linkFaults(page: string): readonly string[] {
  const prose = read(page).replaceAll(/^```.*?^```/gms, '');
  return [...prose.matchAll(/\[([^\]]*)\]\(([^)\s]+)\)/g)].flatMap(([, text = '', target = '']) => {
    if (/^[a-z]+:/.test(target)) return [];
    const fault = targetFault(page, text, target);
    return fault === undefined ? [] : [`${page}: ${target} ${fault}`];
  });
}

function targetFault(page: string, text: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path));
  if (!existsSync(join(ROOT, file))) return 'does not exist';
  if (anchor === undefined || statSync(join(ROOT, file)).isDirectory()) return undefined;
  const line = /^L(\d+)$/.exec(anchor)?.[1];
  if (line === undefined) return headings(file).includes(anchor) ? undefined : 'names no heading';
  return lineFault(file, Number(line), text);
}

/** A link to a line has code as its text, and that line has to hold it. */
function lineFault(file: string, line: number, text: string): string | undefined {
  const code = /^`(.+)`$/.exec(text)?.[1];
  if (code === undefined) return 'leads to a line, but its text is no code that the line could hold';
  const lines = read(file).split('\n');
  if (lines[line - 1]?.includes(code) === true) return undefined;
  const found = lines.findIndex((content) => content.includes(code)) + 1;
  return `does not hold ${code}${found > 0 ? `; line ${found} does` : ''}`;
}

/** The anchors that GitHub gives to a page's headings. */
function headings(file: string): readonly string[] {
  return [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Codes and statuses of the code, and of the first two columns of the page's tables. */
function errorFaults(): readonly string[] {
  const authErrors = Object.entries(AUTH_ERRORS).map(([code, { status }]) => [code, status] as const);
  const known = new Map<string, number>([
    ...authErrors,
    ...Object.entries(applicationErrors),
    ...Object.entries(adminErrors),
  ]);
  const rows = [...read(ERRORS_PAGE).matchAll(/^\| `(\w+)` +\| (\d{3}) +\|/gm)];
  const documented = new Map(rows.map(([, code = '', status]) => [code, Number(status)]));
  const emitted = readSources('libs/auth/src/propagation/*.ts');
  return [
    ...[...known]
      .filter(([code, status]) => documented.get(code) !== status)
      .map(([code, status]) => `${ERRORS_PAGE}: ${code} with status ${status} is missing`),
    ...[...documented.keys()]
      .filter((code) => !known.has(code) && !emitted.includes(`'${code}'`))
      .map((code) => `${ERRORS_PAGE}: ${code} is not an error of the code`),
  ];
}

/** A requirement that the page calls tested has to be named by a test. */
function requirementFaults(): readonly string[] {
  const tests = TESTS.map(read).join('\n');
  const ids = new Set(read(SPECIFICATIONS_PAGE).match(/\b[A-Z]{3}-\d{2}\b/g));
  return [...ids]
    .filter((id) => !tests.includes(id))
    .map((id) => `${SPECIFICATIONS_PAGE}: no test names ${id}`);
}

function readSources(pattern: string): string {
  return globSync(pattern, { cwd: ROOT }).map(read).join('\n');
}

const faults = [...PAGES.flatMap(linkFaults), ...errorFaults(), ...requirementFaults()];
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
