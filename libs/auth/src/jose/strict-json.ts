import { AuthError } from '../auth-error.js';

export type JsonObject = Readonly<Record<string, unknown>>;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** A string of valid JSON, and the colon behind it if it is a member's name. */
const STRING_TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?/gs;

/**
 * Parses a JOSE header or a claims set: UTF-8 and nothing else (RFC 8725 §3.7), an object, no member name twice
 * (RFC 7515 §4, RFC 7519 §4). Parsers disagree on which of two members counts, and a check that reads one while the
 * service reads the other is no check.
 */
export function parseStrictJson(bytes: Uint8Array): JsonObject {
  let text: string;
  let value: unknown;
  try {
    text = utf8.decode(bytes);
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes its input, which is not ours to log.
    throw new AuthError('token_malformed', 'a part of the token is not JSON in UTF-8');
  }
  if (!isJsonObject(value))
    throw new AuthError('token_malformed', 'a part of the token is not a JSON object');
  if (countNames(text) !== countMembers(value)) {
    throw new AuthError('token_malformed', 'a part of the token has a member name twice');
  }
  return value;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function countNames(validJson: string): number {
  let names = 0;
  for (const [, colon] of validJson.matchAll(STRING_TOKEN)) if (colon !== undefined) names++;
  return names;
}

/** Members of all objects inside; iterative, since a hostile text can nest as deep as it is long. */
function countMembers(root: JsonObject): number {
  const pending: object[] = [root];
  let members = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (!Array.isArray(next)) members += Object.keys(next).length;
    for (const inner of Object.values(next)) {
      if (typeof inner === 'object' && inner !== null) pending.push(inner);
    }
  }
  return members;
}
