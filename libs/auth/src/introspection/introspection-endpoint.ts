import { basicCredentials } from '../jose/basic-credentials.js';
import { fetchBody } from '../jose/fetch-json.js';
import { parseStrictJson, type JsonObject } from '../jose/strict-json.js';

/** Where an issuer introspects. */
export interface IntrospectionAddress {
  /** Asked with every introspection, so what it has found is its own to keep. */
  find(): Promise<string>;
  /** Told that nobody answered there as an issuer does. */
  doubt(): void;
}

export interface IntrospectionEndpointOptions {
  readonly address: IntrospectionAddress;
  readonly clientId: string;
  readonly clientSecret: string;
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
   * @param timeoutMs for all of it, the look-up of the address included
   * @returns what the issuer says of it; null for a token that is not active, or that is not for us to see
   * @throws Error when the issuer does not answer, or not as RFC 7662 §2.2 has it, which says nothing of the token
   */
  async introspect(token: string, timeoutMs: number): Promise<JsonObject | null> {
    const { address } = this.options;
    const deadline = AbortSignal.timeout(timeoutMs);
    const url = await within(deadline, address.find());
    try {
      return await this.ask(url, token, { timeoutMs, deadline });
    } catch (error) {
      address.doubt();
      throw error;
    }
  }

  private async ask(
    url: string,
    token: string,
    { timeoutMs, deadline }: { readonly timeoutMs: number; readonly deadline: AbortSignal },
  ): Promise<JsonObject | null> {
    const { bytes } = await fetchBody(
      url,
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

/** Others may wait for the same address, so it is not given up with one introspection. */
async function within<T>(deadline: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise: isOver, reject } = Promise.withResolvers<never>();
  const end = (): void => reject(deadline.reason);
  deadline.addEventListener('abort', end, { once: true });
  return Promise.race([work, isOver]).finally(() => deadline.removeEventListener('abort', end));
}

/** The parser blames the token that it reads; what it reads here is the issuer's. */
function parseAnswer(bytes: Uint8Array): JsonObject {
  try {
    return parseStrictJson(bytes);
  } catch (cause) {
    throw new Error('the answer to the introspection is not strict JSON', { cause });
  }
}
