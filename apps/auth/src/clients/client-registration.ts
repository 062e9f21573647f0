import { z } from 'zod';
import { ROLES } from '../accounts/account.js';
import { SIGNING_ALGORITHMS } from '../signing-keys/key-ring.js';
import { TOKEN_EXCHANGE, tokenExchangePolicy } from '../token-exchange/token-exchange-policy.js';
import { clientJwks } from './client-jwks.js';
import { isRegistrableRedirectUri } from './redirect-uri.js';

const CLIENT_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** What a person may see, without characters that turn text around or hide (Unicode "other": controls, formats). */
const PLAIN_TEXT = /^(?!\s)[^\p{C}]{1,100}(?<!\s)$/u;
/** RFC 6749 §3.3, one space between two. */
const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/;
const MAX_URIS = 20;
const MAX_URI_LENGTH = 2_000;

const GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code',
  TOKEN_EXCHANGE,
] as const;

/** The grants in which a person takes part. */
const PERSON_GRANTS: ReadonlySet<string> = new Set([
  'authorization_code',
  'urn:ietf:params:oauth:grant-type:device_code',
]);
/** The grants in which nothing but the client's credentials stands between a stranger and a token. */
const CLIENT_GRANTS: ReadonlySet<string> = new Set(['client_credentials', TOKEN_EXCHANGE]);

const redirectUri = z
  .string()
  .max(MAX_URI_LENGTH)
  // An authorization response over plain http to elsewhere could be read (RFC 9700 §2.6).
  .refine(
    isRegistrableRedirectUri,
    'is neither https nor http on this machine, or not spelled as it will be compared',
  );

const listOf = <Entry extends z.ZodType>(entry: Entry) =>
  z.array(entry).max(MAX_URIS).refine(hasNoDuplicates, 'has an entry twice');

/**
 * Client metadata: the part of RFC 7591 §2 that is used here, with members of our own. Anything else is refused: what
 * nobody checks, nobody may set. There is no `jwks_uri`, so that the issuer fetches nothing from where a registration
 * says.
 */
export const clientRegistration = z
  .strictObject({
    // The subject of a client-credentials token is the client_id: a client must not pass for a person (RFC 9700 §4.15).
    client_id: z
      .string()
      .regex(CLIENT_ID, 'is not 1 to 64 letters, digits, dots, hyphens and underscores')
      .refine((id) => !UUID.test(id), 'looks like the id of an account'),
    client_name: z.string().regex(PLAIN_TEXT, 'is not 1 to 100 characters of plain text').optional(),
    token_endpoint_auth_method: z
      .enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'])
      .default('client_secret_basic'),
    /** Public keys of `private_key_jwt`. */
    jwks: clientJwks.optional(),
    grant_types: listOf(z.enum(GRANT_TYPES)).default([]),
    /** Follows from `grant_types`; may be said, if it is said right. */
    response_types: z.array(z.literal('code')).max(1).optional(),
    redirect_uris: listOf(redirectUri).default([]),
    post_logout_redirect_uris: listOf(redirectUri).default([]),
    /** All that the client may ask for. */
    scope: z
      .string()
      .max(2_000)
      .regex(SCOPE, 'is not a list of scopes with one space between')
      .refine((scope) => hasNoDuplicates(scope.split(' ')), 'has an entry twice')
      .optional(),
    backchannel_logout_uri: redirectUri.optional(),
    backchannel_logout_session_required: z.boolean().optional(),
    require_pushed_authorization_requests: z.boolean().optional(),
    dpop_bound_access_tokens: z.boolean().optional(),
    /** What its ID tokens are signed with (OpenID Connect Registration §2). Default: RS256. */
    id_token_signed_response_alg: z.enum(SIGNING_ALGORITHMS).optional(),
    /** `opaque`: its access tokens are random handles, which the API introspects (RFC 7662). Default: `jwt`. */
    access_token_format: z.enum(['jwt', 'opaque']).optional(),
    /** What its access tokens for the API are signed with, if not with what `ACCESS_TOKEN_ALGORITHM` says. */
    access_token_algorithm: z.enum(SIGNING_ALGORITHMS).optional(),
    /** Whose tokens it may exchange, and for which resource servers (RFC 8693). */
    token_exchange: tokenExchangePolicy.optional(),
    /** Resource identifier of the resource server that this client is; it may introspect the tokens meant for it. */
    resource_server: z
      .url({ protocol: /^https?$/ })
      .max(MAX_URI_LENGTH)
      .optional(),
    /** `roles` of the tokens that it gets for itself, by client credentials. */
    roles: z.array(z.enum(ROLES)).min(1).refine(hasNoDuplicates, 'has an entry twice').optional(),
  })
  .superRefine((client, context) => {
    for (const [path, message] of contradictions(client))
      context.addIssue({ code: 'custom', path: [path], message });
  })
  .transform((client) => ({
    ...client,
    response_types: client.grant_types.includes('authorization_code') ? ['code' as const] : [],
  }));

export type ClientRegistration = z.output<typeof clientRegistration>;
/** As someone wrote it down; what is left out has its default. */
export type ClientRegistrationInput = z.input<typeof clientRegistration>;

/** Members of `ClientRegistration` that are not registered at IANA; oidc-provider has to be told to keep them. */
export const OWN_CLIENT_METADATA = [
  'access_token_algorithm',
  'access_token_format',
  'resource_server',
  'roles',
  'token_exchange',
] as const;

type Members = Omit<ClientRegistration, 'response_types'> & {
  readonly response_types?: readonly string[] | undefined;
};

/** What each member allows, and all of them together do not. */
function* contradictions(client: Members): Generator<readonly [path: keyof Members, message: string]> {
  const {
    grant_types: grants,
    redirect_uris: redirects,
    scope = '',
    token_endpoint_auth_method: method,
  } = client;
  const isPublic = method === 'none';
  const hasCode = grants.includes('authorization_code');
  const hasPerson = grants.some((grant) => PERSON_GRANTS.has(grant));

  if (hasCode !== redirects.length > 0)
    yield ['redirect_uris', 'go with the grant type authorization_code, and it with them'];
  if (!hasCode && client.post_logout_redirect_uris.length > 0)
    yield ['post_logout_redirect_uris', 'go with the grant type authorization_code'];
  if (client.response_types !== undefined && client.response_types.length > 0 !== hasCode)
    yield ['response_types', 'is ["code"] with the grant type authorization_code, and empty without it'];
  if (grants.includes('refresh_token') && !hasPerson)
    yield ['grant_types', 'has refresh_token without a grant that gives refresh tokens'];
  // Anyone can say that he is a public client.
  if (isPublic && grants.some((grant) => CLIENT_GRANTS.has(grant)))
    yield ['grant_types', 'has a grant in which the client has to authenticate, which it cannot'];
  if (isPublic && client.roles !== undefined) yield ['roles', 'are for a client that authenticates'];
  if (client.roles !== undefined && !grants.includes('client_credentials'))
    yield ['roles', 'go with the grant type client_credentials'];
  if (isPublic && client.resource_server !== undefined)
    yield ['resource_server', 'is for a client that authenticates'];
  if (grants.includes(TOKEN_EXCHANGE) !== (client.token_exchange !== undefined))
    yield ['token_exchange', 'goes with the grant type of token exchange, and it with that'];
  if ((method === 'private_key_jwt') !== (client.jwks !== undefined))
    yield ['jwks', 'goes with private_key_jwt, and it with that'];
  // oidc-provider takes a missing list for "every scope".
  if (grants.length > 0 !== scope.length > 0)
    yield ['scope', 'goes with grant types: a client that gets tokens names all their scopes'];
  if (client.backchannel_logout_uri !== undefined && !hasPerson)
    yield ['backchannel_logout_uri', 'is for a client with which people log in'];
}

/** Whether a text that a stranger sent could be the id of a client; a database does not take every text. */
export function isClientId(text: string): boolean {
  return CLIENT_ID.test(text);
}

/**
 * A registration of our own making, with its defaults.
 *
 * @throws TypeError when it breaks a rule.
 */
export function parseClientRegistration(input: ClientRegistrationInput): ClientRegistration {
  const { data, error } = clientRegistration.safeParse(input);
  if (data !== undefined) return data;
  throw new TypeError(`client ${input.client_id}: ${error.issues.map(faultOf).join('; ')}`);
}

export function faultOf({ path, message }: Pick<z.core.$ZodIssue, 'path' | 'message'>): string {
  return path.length === 0 ? message : `${path.join('.')} ${message}`;
}

function hasNoDuplicates(entries: readonly unknown[]): boolean {
  return new Set(entries).size === entries.length;
}
