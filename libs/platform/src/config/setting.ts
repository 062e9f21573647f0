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

/** An absolute http or https URL without query and fragment, kept to the letter: issuers are compared as strings. */
export function httpUrl(): z.ZodURL {
  return z
    .url({ protocol: /^https?$/, error: 'is not an http(s) URL' })
    .refine(
      (text) => URL.canParse(text) && !new URL(text).search && !new URL(text).hash,
      'must not have a query or a fragment',
    );
}
