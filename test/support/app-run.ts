import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { AppName } from '../../tools/stack.ts';

const MAIN = (app: AppName): string => join(import.meta.dirname, '..', '..', 'dist', 'apps', app, 'main.js');
/** Much longer than an app takes: a machine that is busy is no fault of the app. */
const PATIENCE_MS = 60_000;

export type Settings = Readonly<Record<string, string>>;

export interface AppRun {
  /** Null when it had not ended in time. */
  readonly exitCode: number | null;
  readonly stderr: string;
}

/** Runs a built app that is not to come up, and waits for its end. It has no settings but these. */
export async function runToEnd(app: AppName, settings: Settings): Promise<AppRun> {
  const child = spawn(process.execPath, [MAIN(app)], {
    env: { PATH: process.env['PATH'], LOG_FORMAT: 'json', PORT: '0', MANAGEMENT_PORT: '0', ...settings },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  clearTimeout(patience);
  return { exitCode: child.exitCode, stderr };
}

/** Gives work a folder that nothing else uses, and takes it away. */
export async function withFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
