import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { ConfigurationError } from './configuration-error.js';
import { demoValueOf } from './setting.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a process's settings from its environment, once, and lists every fault at a time.
 *
 * `NAME_FILE` wins over `NAME`, so that secrets can be mounted as files. An empty value counts as unset. A
 * setting made with `demoSecret` has its published value only when `DEMO=true`; elsewhere that value is a fault.
 *
 * @throws ConfigurationError naming each setting that is missing, malformed, unreadable or a published secret.
 */
export function loadConfig<Schema extends z.ZodObject>(
  schema: Schema,
  environment: Environment,
): Readonly<z.output<Schema>> {
  const faults: string[] = [];
  const isDemo = environment['DEMO'] === 'true';
  const values: Record<string, string> = {};

  for (const [name, setting] of Object.entries(schema.shape)) {
    const demoValue = demoValueOf(setting);
    const value = readSetting(name, environment, faults) ?? (isDemo ? demoValue : undefined);
    if (value === undefined) continue;
    if (!isDemo && value === demoValue) {
      faults.push(`${name} is the demo's published secret; set one of your own`);
      continue;
    }
    values[name] = value;
  }

  const result = schema.safeParse(values);
  for (const issue of result.error?.issues ?? []) {
    const name = issue.path.join('.');
    faults.push(name in values ? `${name} ${issue.message}` : `${name} is not set`);
  }
  if (faults.length > 0 || !result.success) throw new ConfigurationError([...new Set(faults)]);
  return Object.freeze(result.data);
}

function readSetting(name: string, environment: Environment, faults: string[]): string | undefined {
  const file = environment[`${name}_FILE`];
  if (!file) return environment[name] || undefined;
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch (error) {
    faults.push(`${name}_FILE: cannot read ${file} (${(error as NodeJS.ErrnoException).code})`);
    return undefined;
  }
}
