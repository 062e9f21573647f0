import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import * as contracts from './index.js';
import type { Message } from './message.js';

/** Half of a frame between workloads: a longer one ends the connection, and all calls that share it. */
const LIMIT = 512 * 1024;

/** A schema in JSON Schema, as far as our messages use it. */
interface Schema {
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly maxLength?: number;
}

/** How many characters of JSON the longest value of a schema takes. @throws Error for a schema without a longest */
function longest(schema: z.ZodType): number {
  const root = z.toJSONSchema(schema);
  const definitions = (root.$defs ?? {}) as Readonly<Record<string, Schema>>;
  const lengthOf = (part: Schema): number => {
    if (part.$ref !== undefined) return lengthOf(definitions[part.$ref.replace('#/$defs/', '')] ?? {});
    if (part.anyOf !== undefined) return Math.max(...part.anyOf.map(lengthOf));
    if (part.enum !== undefined) return Math.max(...part.enum.map((value) => JSON.stringify(value).length));
    if (Array.isArray(part.type)) return Math.max(...part.type.map((type) => lengthOf({ ...part, type })));
    switch (part.type) {
      case 'object':
        return lengthOfObject(part, lengthOf);
      case 'array':
        return bounded(part.maxItems) * (lengthOf(part.items ?? {}) + ','.length) + '[]'.length;
      case 'string':
        return lengthOfString(part);
      case 'integer':
        return Math.max(String(bounded(part.minimum)).length, String(bounded(part.maximum)).length);
      case 'null':
        return 'null'.length;
      default:
        throw new Error(`a schema without a longest value: ${JSON.stringify(part)}`);
    }
  };
  return lengthOf(root as Schema);
}

function lengthOfObject(
  { properties = {}, additionalProperties }: Schema,
  lengthOf: (part: Schema) => number,
): number {
  if (additionalProperties !== false) throw new Error('an object that takes any member');
  const members = Object.entries(properties);
  return members.reduce((sum, [name, member]) => sum + `"${name}":,`.length + lengthOf(member), '{}'.length);
}

function lengthOfString({ format, maxLength, pattern }: Schema): number {
  const length = format === 'uuid' ? 36 : bounded(maxLength);
  const admits = (text: string): boolean => pattern === undefined || new RegExp(pattern).test(text);
  const widest = ['\u0000', '"', 'a'].find((character) => admits(character.repeat(length)));
  return '""'.length + length * (JSON.stringify(widest ?? 'a').length - '""'.length);
}

function bounded(limit: number | undefined): number {
  if (limit === undefined) throw new Error('a value without a limit');
  return limit;
}

function isMessage(value: unknown): value is Message<z.ZodType, z.ZodType> {
  return typeof value === 'object' && value !== null && 'pattern' in value;
}

const messages = Object.values<unknown>(contracts)
  .filter(isMessage)
  .map(({ pattern, request, response }) => [pattern, request, response] as const);

describe('the longest value of a schema', () => {
  it.each([
    ['text that JSON escapes', z.string().max(10), '\u0000'.repeat(10)],
    [
      'text of visible ASCII',
      z
        .string()
        .regex(/^[\x21-\x7e]+$/)
        .max(10),
      '"'.repeat(10),
    ],
    [
      'text or nothing',
      z
        .string()
        .regex(/^[a-z]*$/)
        .max(10)
        .nullable(),
      'a'.repeat(10),
    ],
    ['a number', z.int().min(-10).max(5), -10],
  ])('is known for %s', (_what, schema, value) => {
    expect(longest(schema)).toBe(JSON.stringify(value).length);
  });

  it.each([
    ['text', z.string()],
    ['a list', z.array(z.int().min(0).max(9))],
    ['an object', z.looseObject({})],
  ])('is not there for %s that has no end', (_what, schema) => {
    expect(() => longest(schema)).toThrow(/without a limit|any member/);
  });
});

describe('a message', () => {
  it('is among those looked at here, whatever is sent between workloads', () => {
    expect(messages.map(([pattern]) => pattern)).toEqual(
      expect.arrayContaining(['orders.list', 'payments.list', 'payments.abandon']),
    );
  });

  it.each(messages)('%s fits into half a frame, and so does its answer', (_pattern, request, response) => {
    expect(longest(request)).toBeLessThan(LIMIT);
    expect(longest(response)).toBeLessThan(LIMIT);
  });
});
