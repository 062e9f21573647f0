/** Addresses of the stack under test: the one that the global set-up started, or one that was named. */
export const api = requireAddress('API');
export const issuer = requireAddress('ISSUER');

function requireAddress(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: the global set-up did not run`);
  return value;
}
