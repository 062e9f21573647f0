import { STATUS_CODES } from 'node:http';
import type { z } from 'zod';
import { jsonText, type Narration } from './print.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly token?: string;
  readonly body?: object;
  /** What to call the token in the request's line; the token itself is not printed. */
  readonly tokenName?: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly challenge: string | null;
  readonly body: unknown;
}

/** Calls the API and tells what was sent and what came back. */
export class Api {
  readonly origin: string;
  private readonly narration: Narration;

  constructor(origin: string, narration: Narration) {
    this.origin = origin;
    this.narration = narration;
  }

  async call({ method, path, token, tokenName = 'access token', body }: ApiRequest): Promise<ApiAnswer> {
    const credentials = token === undefined ? '(no Authorization)' : `Authorization: Bearer <${tokenName}>`;
    this.narration.request(`${method} ${this.origin}${path}  ${credentials}`);
    if (body !== undefined) this.narration.request(jsonText(body));
    const response = await fetch(`${this.origin}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const { status } = response;
    const challenge = response.headers.get('www-authenticate');
    this.narration.answer(`${status} ${STATUS_CODES[status] ?? ''}`);
    if (challenge !== null) this.narration.answer(`WWW-Authenticate: ${challenge}`);
    const answered: unknown = await response.json();
    this.narration.answer(jsonText(answered));
    return { status, challenge, body: answered };
  }
}

/** What the tour reads of an answer. @throws Error when it is not there */
export function read<Schema extends z.ZodType>(
  schema: Schema,
  { status, body }: ApiAnswer,
): z.output<Schema> {
  const result = schema.safeParse(body);
  if (!result.success) throw new Error(`the answer (${status}) is not what the tour was to get`);
  return result.data;
}
