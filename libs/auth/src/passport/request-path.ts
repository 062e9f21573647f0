/** What of a request is read here; Fastify's, Express's and Node's requests fit. */
export interface RequestTarget {
  /** As the client sent it, where a router has changed `url`. */
  readonly originalUrl?: string;
  readonly url?: string;
}

/** The path that a request was for, to the letter; without its query, where a token may stand. */
export function requestPath({ url = '', originalUrl = url }: RequestTarget): string {
  const [path = ''] = originalUrl.split('?', 1);
  return path;
}
