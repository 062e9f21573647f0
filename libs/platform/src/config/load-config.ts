import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { ConfigurationError } from './configuration-error.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a process's settings from its environment, once, and lists every fault at a time.
 *
 * `NAME_FILE` wins over `NAME`, so that secrets can be mounted as files. An empty value counts as unset.
 *
 * @throws ConfigurationError naming each setting that is missing, malformed or unreadable. It never has a value.
 */
export function loadConfig<Schema extends z.ZodObject>(
  schema: Schema,
  environment: Environment,
): Readonly<z.output<Schema>> {
  const faults = new Map<string, string>();
  const values: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    try {
      const value = readSetting(name, environment);
      if (value !== undefined) values[name] = value;
    } catch (error) {
      faults.set(name, error instanceof Error ? error.message : String(error));
    }
  }

  const result = schema.safeParse(values);
  for (const { path, message, code } of result.error?.issues ?? []) {
    const name = String(path[0]);
    // A rule between settings has words of its own for one that is missing; a type says only what it is not.
    const isSaid = name in values || code === 'custom';
    if (!faults.has(name)) faults.set(name, isSaid ? `${name} ${message}` : `${name} is not set`);
  }
  if (faults.size > 0 || !result.success) throw new ConfigurationError([...faults.values()]);
  return Object.freeze(result.data);
}

function readSetting(name: string, environment: Environment): string | undefined {
  const file = environment[`${name}_FILE`];
  if (!file) return environment[name] || undefined;
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch (error) {
    throw new Error(`${name}_FILE: cannot read ${file} (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
}
