/** RFC 3986 §2.3: characters that mean the same whether they are encoded or not. */
const UNRESERVED = /[A-Za-z0-9\-._~]/;
const PERCENT_ENCODED = /%[0-9A-Fa-f]{2}/g;

/**
 * The addresses of a resource server as its clients know them. They are computed from what is configured and the path of
 * the request: `Host` and `X-Forwarded-Host` are the caller's own words, and a proof for another server's address
 * would fit whichever he names (RFC 9449 §4.3, §11.9).
 */
export class PublicUrl {
  private readonly base: string;

  /** @param url scheme, authority and, behind a proxy that takes it off, the beginning of every path */
  constructor(url: string) {
    const { origin, pathname, protocol } = new URL(url);
    if (protocol !== 'https:' && protocol !== 'http:')
      throw new TypeError('the public URL is not an http(s) URL');
    this.base = `${origin}${pathname.replace(/\/$/, '')}`;
  }

  /**
   * The URI of a request, without query and fragment.
   *
   * @param requestTarget path and query of the request line. Dot segments in it are left as they are, as routers leave
   *   them: no URI that a client names in a proof has any.
   */
  uriOf(requestTarget: string): string {
    return normalizePercentEncoding(`${this.base}${requestTarget.replace(/[?#].*$/s, '')}`);
  }
}

/** Whether `htu` is a URI, but for its query and fragment, after the normalizations of RFC 3986 §6.2.2 and §6.2.3. */
export function isUri(htu: string, uri: string): boolean {
  if (htu === uri) return true;
  if (!URL.canParse(htu)) return false;
  const url = new URL(htu);
  url.search = '';
  url.hash = '';
  return normalizePercentEncoding(url.href) === uri;
}

function normalizePercentEncoding(uri: string): string {
  return uri.replaceAll(PERCENT_ENCODED, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
    return UNRESERVED.test(character) ? character : encoded.toUpperCase();
  });
}
