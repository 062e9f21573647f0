/** What `npm run bench` tells each peer. */
export const settings = {
  port: Number(required('PORT')),
  issuer: required('ISSUER'),
  audience: required('AUDIENCE'),
  /** The JWKS is at `/.well-known/jwks.json` under it. */
  keysOrigin: required('KEYS_ORIGIN'),
};

/** What every peer answers to whoever has a good token. */
export const BODY = { message: 'Hello World!' };

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}
