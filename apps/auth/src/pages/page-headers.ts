/**
 * Headers of every page. `same-origin` keeps the address of a page from other sites, as `no-referrer` would; with
 * that, browsers send `Origin: null` with our own forms, which the check against forgery refuses (docs/adr/0021).
 */
export const PAGE_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'same-origin',
};

export interface PagePolicy {
  /** Whether oidc-provider may add the hash of a script of its own. */
  readonly scripts: 'none' | 'added by hash';
  /** Sources to which the page's forms lead, redirects included; without it forms are not restricted. */
  readonly formAction?: readonly string[];
}

/** No code but ours, no frame around the page (clickjacking, RFC 9700 §4.16), nothing from elsewhere. */
export function contentSecurityPolicy({ scripts, formAction }: PagePolicy): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    // An empty list allows nothing, and can be added to; `'none'` cannot.
    scripts === 'none' ? "script-src 'none'" : 'script-src',
    ...(formAction ? [`form-action ${formAction.join(' ')}`] : []),
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * Where the forms of an interaction may lead: here, and by redirect to the client that waits. Browsers apply
 * `form-action` to the redirects that follow a form, so that `'self'` alone would end every login here.
 */
export function formActionSources(redirectUri: unknown): readonly string[] {
  if (typeof redirectUri !== 'string' || !URL.canParse(redirectUri)) return ["'self'"];
  const { origin, protocol } = new URL(redirectUri);
  return ["'self'", origin === 'null' ? protocol : origin];
}
