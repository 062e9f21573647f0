import { styleText } from 'node:util';

const WIDTH = 100;
const INDENT = '   ';

type Format = Parameters<typeof styleText>[0];

/** The tour on the terminal: numbered steps, and a list of what did not go as told. */
export class Narration {
  private readonly unmet: string[] = [];
  private steps = 0;

  /** Expectations that were not met. Empty: all went as told. */
  get failures(): readonly string[] {
    return this.unmet;
  }

  chapter(title: string): void {
    write('');
    write(styled(['bold', 'underline'], title));
  }

  /** Begins a step: what is done, and why it is worth looking at. */
  step(title: string, why: string): void {
    this.steps++;
    write('');
    write(styled('bold', `${this.steps}. ${title}`));
    this.say(why);
  }

  say(text: string): void {
    for (const line of wrap(text, '')) write(styled('dim', line));
  }

  request(text: string): void {
    for (const line of wrap(text, '> ')) write(styled('cyan', line));
  }

  answer(text: string): void {
    for (const line of wrap(text, '< ')) write(line);
  }

  /** Members and their values, one a line. */
  record(record: object): void {
    const entries = Object.entries(record);
    const column = Math.max(...entries.map(([name]) => name.length));
    for (const [name, value] of entries) {
      const text = typeof value === 'string' ? value : jsonText(value);
      for (const line of wrap(text, `  ${name.padEnd(column)}  `)) write(line);
    }
  }

  /** States what has to be so, and whether it is. */
  expect(statement: string, isMet: boolean): void {
    if (!isMet) this.unmet.push(`step ${this.steps}: ${statement}`);
    const [mark, colour] = isMet ? (['✓ ', 'green'] as const) : (['✗ NOT SO: ', 'red'] as const);
    for (const line of wrap(statement, mark)) write(styled(colour, line));
  }

  /** The tour cannot go on. */
  fail(reason: string): void {
    this.unmet.push(`step ${this.steps}: ${reason}`);
    for (const line of wrap(reason, '✗ ')) write(styled('red', line));
  }
}

export function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Colours on a terminal; plain text in a file or a pipe, and with `NO_COLOR`. */
export function styled(format: Format, text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

/** JSON on one line, with spaces to wrap it at. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, null, 1).replaceAll(/\n\s*/g, ' ');
}

/** Lines of text behind a mark; those that follow the first stand under its text. */
function wrap(text: string, mark: string): string[] {
  const width = WIDTH - INDENT.length - mark.length;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<= )(?=\S)/).flatMap((long) => cut(long, width))) {
    if (line.length + word.trimEnd().length > width) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += word;
  }
  lines.push(line.trimEnd());
  return lines.map((content, index) => `${INDENT}${index === 0 ? mark : ' '.repeat(mark.length)}${content}`);
}

/** A word that fits no line is cut. */
function cut(word: string, length: number): readonly string[] {
  return word.match(new RegExp(`.{1,${length}}`, 'gs')) ?? [];
}
