/** A private key in a token, by the label of the token and the CKA_ID of the key. */
export interface Pkcs11KeyAddress {
  readonly token: string;
  readonly id: Buffer;
}

/** RFC 7512 §2.3: the id percent-encoded byte by byte, as the section recommends. */
export function formatPkcs11Uri({ token, id }: Pkcs11KeyAddress): string {
  const hex = id.toString('hex').replaceAll(/../g, '%$&');
  return `pkcs11:token=${encodeURIComponent(token)};id=${hex};type=private`;
}

/** @returns undefined for a text that `formatPkcs11Uri` did not make. */
export function parsePkcs11Uri(uri: string): Pkcs11KeyAddress | undefined {
  const [, token, id] =
    /^pkcs11:token=([^;%]*(?:%[0-9A-F]{2}[^;%]*)*);id=((?:%[0-9a-f]{2})+);type=private$/.exec(uri) ?? [];
  if (token === undefined || id === undefined) return undefined;
  try {
    return { token: decodeURIComponent(token), id: Buffer.from(id.replaceAll('%', ''), 'hex') };
  } catch {
    return undefined; // not UTF-8
  }
}
