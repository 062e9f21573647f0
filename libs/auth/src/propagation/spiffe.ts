const SPIFFE_ID = /^spiffe:\/\/[a-z0-9.-]{1,255}\/[A-Za-z0-9._/-]{1,255}$/;

/**
 * The SPIFFE ID of a certificate, from its subject alternative names as Node prints them. Exactly one URI, as the
 * X509-SVID standard §2 has it; a certificate with two could be taken for either workload.
 */
export function spiffeIdOf(subjectAltName: string | undefined): string | undefined {
  const uris = (subjectAltName ?? '').split(', ').filter((name) => name.startsWith('URI:'));
  const [uri] = uris;
  if (uri === undefined || uris.length > 1) return undefined;
  const id = uri.slice('URI:'.length);
  return SPIFFE_ID.test(id) ? id : undefined;
}

export function spiffeId(trustDomain: string, workload: string): string {
  return `spiffe://${trustDomain}/${workload}`;
}

/** Name of a workload of this trust domain, or undefined for anyone else. */
export function workloadOf(id: string | undefined, trustDomain: string): string | undefined {
  const prefix = `spiffe://${trustDomain}/`;
  return id?.startsWith(prefix) ? id.slice(prefix.length) : undefined;
}
