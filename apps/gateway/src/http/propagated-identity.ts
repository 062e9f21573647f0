import type { IncomingHttpHeaders } from 'node:http';

/** Names under which identity is propagated, by us and by common proxies; `_` counts as `-`, as CGI-like upstreams have it. */
const PROPAGATED = /^(?:x[-_]user(?:[-_].*)?|x[-_]scopes?|x[-_]roles?|txn[-_]token)$/i;

/**
 * Drops every inbound header that could pass for identity that we propagate: a client could type it, and something
 * behind us could believe it (RFC 9700 §4.13, OWASP ASVS 5.0 4.1.3).
 */
export function dropPropagatedIdentity(headers: IncomingHttpHeaders): void {
  for (const name of Object.keys(headers)) {
    if (PROPAGATED.test(name)) delete headers[name];
  }
}
