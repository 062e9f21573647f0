import { isIP } from 'node:net';
import { z } from 'zod';

/** `true` or `false`, spelled so. */
export function flag(): z.ZodCodec<z.ZodEnum<{ true: 'true'; false: 'false' }>, z.ZodBoolean> {
  return z.codec(z.enum(['true', 'false']), z.boolean(), {
    decode: (text) => text === 'true',
    encode: (value) => (value ? 'true' : 'false'),
  });
}

/** A TCP port; 0 asks the system for a free one. */
export function port(): z.ZodCoercedNumber {
  return z.coerce.number().int().min(0).max(65_535);
}

/** `host:port` of a TCP peer. */
export function address(): z.ZodPipe<z.ZodString, z.ZodTransform<Address, string>> {
  return z
    .string()
    .regex(/^[A-Za-z0-9.-]+:\d{1,5}$/, 'is not host:port')
    .transform((text) => {
      const [host = '', portText] = text.split(':');
      return { host, port: Number(portText) };
    });
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

const PREFIX_BITS = { 4: 32, 6: 128 } as const;

/** IP addresses and networks in CIDR notation, separated by spaces or commas. */
export function networks(): z.ZodPipe<z.ZodString, z.ZodTransform<readonly string[], string>> {
  return z
    .string()
    .refine(
      (text) => splitList(text).every(isNetwork),
      'is not a list of IP addresses or networks (10.0.0.0/8)',
    )
    .transform(splitList);
}

/** Origins of web pages (RFC 6454), separated by spaces or commas, each to the letter as a browser sends it. */
export function origins(): z.ZodPipe<z.ZodString, z.ZodTransform<readonly string[], string>> {
  return z
    .string()
    .refine((text) => splitList(text).every(isWebOrigin), 'is not a list of origins (https://app.example)')
    .transform(splitList);
}

/** `null` is the origin of any sandboxed page, and a pattern that of pages which others make. */
function isWebOrigin(text: string): boolean {
  return /^https?:\/\/[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

function splitList(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

function isNetwork(text: string): boolean {
  const [ip = '', prefix, ...rest] = text.split('/');
  const family = isIP(ip);
  if ((family !== 4 && family !== 6) || rest.length > 0) return false;
  // Everything (`/0`) would let anyone say who they are.
  return prefix === undefined || (/^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= PREFIX_BITS[family]);
}

/** `redis://` or `rediss://`, with credentials. */
export function redisUrl(): z.ZodURL {
  return z.url({ protocol: /^rediss?$/, error: 'is not a redis:// or rediss:// URL' });
}

/** Keys of 32 bytes in base64url, separated by spaces or commas. */
export function keys(): z.ZodPipe<z.ZodString, z.ZodTransform<readonly Buffer[], string>> {
  return z
    .string()
    .refine(
      (text) => splitList(text).every((key) => /^[A-Za-z0-9_-]{43}$/.test(key)),
      'is not a list of 32 bytes in base64url each',
    )
    .transform((text) => splitList(text).map((key) => Buffer.from(key, 'base64url')));
}

/** An absolute http or https URL without query and fragment, kept to the letter: issuers are compared as strings. */
export function httpUrl(): z.ZodURL {
  return z
    .url({ protocol: /^https?$/, error: 'is not an http(s) URL' })
    .refine(
      (text) => URL.canParse(text) && !new URL(text).search && !new URL(text).hash,
      'must not have a query or a fragment',
    );
}
