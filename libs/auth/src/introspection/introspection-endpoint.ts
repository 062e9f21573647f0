import { basicCredentials } from '../jose/basic-credentials.js';
import { fetchBody } from '../jose/fetch-json.js';
import { parseStrictJson, type JsonObject } from '../jose/strict-json.js';

export interface IntrospectionEndpointOptions {
  /** Says where the endpoint is; asked with every introspection, so what it has found is its own to keep. */
  readonly address: () => Promise<string>;
  readonly clientId: string;
  readonly clientSecret: string;
  /** For a whole introspection, the look-up of the address included. */
  readonly timeoutMs: number;
}

/** An honest answer has some hundred bytes. */
const MAX_BYTES = 16_384;

/** The issuer's introspection endpoint (RFC 7662), asked as a client of our own. */
export class IntrospectionEndpoint {
  private readonly authorization: string;

  constructor(private readonly options: IntrospectionEndpointOptions) {
    this.authorization = basicCredentials(options.clientId, options.clientSecret);
  }

  /**
   * Asks what a token means.
   *
   * @returns what the issuer says of it; null for a token that is not active, or that is not for us to see
   * @throws Error when the issuer does not answer, or not as RFC 7662 §2.2 has it, which says nothing of the token
   */
  async introspect(token: string): Promise<JsonObject | null> {
    const { address, timeoutMs } = this.options;
    const deadline = AbortSignal.timeout(timeoutMs);
    const { bytes } = await fetchBody(
      await address(),
      { timeoutMs, maxBytes: MAX_BYTES },
      {
        method: 'POST',
        headers: {
          authorization: this.authorization,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
        signal: deadline,
      },
    );
    const answer = parseAnswer(bytes);
    const { active } = answer;
    // "true" is none of the two, and everything that is not false would be taken for true by someone.
    if (typeof active !== 'boolean') throw new Error('the answer to the introspection has no active');
    return active ? answer : null;
  }
}

/** The parser blames the token that it reads; what it reads here is the issuer's. */
function parseAnswer(bytes: Uint8Array): JsonObject {
  try {
    return parseStrictJson(bytes);
  } catch (cause) {
    throw new Error('the answer to the introspection is not strict JSON', { cause });
  }
}
