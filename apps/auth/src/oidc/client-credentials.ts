import { decodeJwt } from 'jose';
import { errors } from 'oidc-provider';
import { z } from 'zod';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** By which a client authenticates in a body (RFC 6749 §2.3.1, RFC 7521 §4.2). */
const parameters = z.object({
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  client_assertion: z.string().optional(),
  client_assertion_type: z.string().optional(),
});

/** Who a client says that it is, and how it would prove it. Nothing of it is verified. */
export type ClientCredentials =
  | { readonly by: 'secret'; readonly clientId: string; readonly secret: string }
  | { readonly by: 'assertion'; readonly clientId: string; readonly assertion: string };

/**
 * Reads what a client authenticates with: HTTP Basic, or members of the body.
 *
 * @throws errors.InvalidClientAuth when there is nothing of that form; errors.InvalidRequest for more than one way
 * (RFC 6749 §2.3), or for a `client_id` that is not that of the credentials
 */
export function credentialsOf(authorization: string | undefined, body: unknown): ClientCredentials {
  const { client_id, client_secret, client_assertion, client_assertion_type } =
    parameters.safeParse(body).data ?? {};
  const ways = [authorization, client_secret, client_assertion].filter((way) => way !== undefined);
  if (ways.length > 1) throw new errors.InvalidRequest('a client authenticates in one way');
  const credentials =
    client_assertion === undefined
      ? (basicCredentials(authorization) ?? bodyCredentials(client_id, client_secret))
      : assertionCredentials(client_assertion, client_assertion_type);
  if (credentials === undefined) throw new errors.InvalidClientAuth('no credentials');
  if (client_id !== undefined && client_id !== credentials.clientId)
    throw new errors.InvalidRequest('client_id mismatch');
  return credentials;
}

function bodyCredentials(
  clientId: string | undefined,
  secret: string | undefined,
): ClientCredentials | undefined {
  return clientId === undefined || secret === undefined ? undefined : { by: 'secret', clientId, secret };
}

/** Whose keys verify it is read without trust; that it is of who it says is seen by its signature. */
function assertionCredentials(assertion: string, type: string | undefined): ClientCredentials | undefined {
  if (type !== ASSERTION_TYPE) return undefined;
  try {
    const { iss } = decodeJwt(assertion);
    return iss === undefined ? undefined : { by: 'assertion', clientId: iss, assertion };
  } catch {
    return undefined; // no JWT
  }
}

/** Both parts are form-encoded before they are joined (RFC 6749 §2.3.1). */
function basicCredentials(header: string | undefined): ClientCredentials | undefined {
  const [, encoded] = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1) return undefined;
  try {
    const [clientId, secret] = [formDecode(text.slice(0, colon)), formDecode(text.slice(colon + 1))];
    return { by: 'secret', clientId, secret };
  } catch {
    return undefined; // a percent sign that starts no escape
  }
}

function formDecode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
