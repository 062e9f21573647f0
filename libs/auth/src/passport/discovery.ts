import { fetchJson, type FetchJsonLimits } from '../jose/fetch-json.js';
import { isJsonObject } from '../jose/strict-json.js';

/**
 * Reads an address from an issuer's discovery document. The document counts only if it is the configured issuer's own,
 * to the letter (RFC 8414 §3.3): whoever serves another's could make this API trust his keys, and send him our tokens.
 *
 * @throws Error when there is no such document, or no such address in it
 */
export async function discover(
  issuer: string,
  member: 'jwks_uri' | 'introspection_endpoint',
  limits: FetchJsonLimits,
): Promise<string> {
  // OpenID Connect Discovery §4.1: a slash at the end of the issuer goes, before the path is appended.
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const document = await fetchJson(url, limits);
  if (!isJsonObject(document) || document['issuer'] !== issuer) {
    throw new Error(`the discovery document at ${issuer} is not of that issuer`);
  }
  const address = document[member];
  if (typeof address !== 'string' || !URL.canParse(address)) {
    throw new Error(`the discovery document of ${issuer} has no ${member}`);
  }
  return address;
}
