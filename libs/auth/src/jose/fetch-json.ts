export interface FetchJsonLimits {
  /** For the whole exchange, body included: a body dripped byte by byte ends here too. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

export interface FetchedJson {
  readonly document: unknown;
  readonly headers: Headers;
}

export interface FetchedBody {
  readonly bytes: Buffer;
  readonly headers: Headers;
}

/** The document alone: `fetchJsonWithHeaders`. */
export async function fetchJson(...request: Parameters<typeof fetchBody>): Promise<unknown> {
  return (await fetchJsonWithHeaders(...request)).document;
}

/** Fetches a JSON document as `fetchBody` fetches its bytes. */
export async function fetchJsonWithHeaders(...request: Parameters<typeof fetchBody>): Promise<FetchedJson> {
  const { bytes, headers } = await fetchBody(...request);
  return { document: JSON.parse(bytes.toString('utf8')), headers };
}

/**
 * Fetches the body of a 200 from a configured address, within a total deadline and a size. Redirects are not
 * followed: the address was configured, where it points to was not (OWASP ASVS 5.0 15.3.2).
 *
 * @param request what is sent, when it is more than a GET
 */
export async function fetchBody(
  url: string,
  { timeoutMs, maxBytes }: FetchJsonLimits,
  request: Pick<RequestInit, 'method' | 'body' | 'signal'> & {
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<FetchedBody> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, {
    ...request,
    redirect: 'error',
    signal: request.signal ? AbortSignal.any([request.signal, deadline]) : deadline,
    headers: { accept: 'application/json', ...request.headers },
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`${url} answered ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Error(`${url} answered more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return { bytes: Buffer.concat(chunks), headers: response.headers };
}
