const LOOPBACK_ADDRESSES: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]']);

/**
 * Whether a redirect URI may be registered: https, or http to this machine, which is where a native app or a
 * developer listens. An authorization response over plain http to elsewhere could be read (RFC 9700 §2.6).
 */
export function isRegistrableRedirectUri(uri: string): boolean {
  if (!URL.canParse(uri) || uri.includes('#') || uri.includes('*')) return false;
  const { href, protocol, hostname, username, password } = new URL(uri);
  // It is compared as a string: a spelling that a browser would change, or a pattern, would never match.
  if (href !== uri && href !== `${uri}/`) return false;
  if (username || password) return false;
  if (protocol === 'https:') return true;
  return protocol === 'http:' && (hostname === 'localhost' || LOOPBACK_ADDRESSES.has(hostname));
}

/**
 * Whether `requested` is one of the `registered` redirect URIs: the same string (RFC 9700 §4.1.3). The one exception
 * is a URI that was registered for a loopback address and no port: a native app gets a port from the system at
 * run time (RFC 8252 §7.3). `localhost` is a name, which may lead elsewhere, and is no exception (§8.3).
 */
export function isRedirectUriAllowed(registered: readonly string[], requested: string): boolean {
  if (registered.includes(requested)) return true;
  const withoutPort = removeLoopbackPort(requested);
  return withoutPort !== undefined && registered.includes(withoutPort);
}

/** Whether a redirect URI leads to a port of this machine that any program may be listening on. */
export function isLoopbackRedirectUri(uri: string): boolean {
  return URL.canParse(uri) && LOOPBACK_ADDRESSES.has(new URL(uri).hostname);
}

/** Works on the string, not on a parsed URL: nothing else of it may be normalised on the way. */
function removeLoopbackPort(uri: string): string | undefined {
  const match = /^(http:\/\/(?:127\.0\.0\.1|\[::1\])):(\d{1,5})(\/.*)?$/.exec(uri);
  if (match === null || Number(match[2]) > 65_535) return undefined;
  return `${match[1]}${match[3] ?? ''}`;
}
