/**
 * An address and the `options` of its sessions. `pg` would have ours displace PGOPTIONS, and `?options=` of the address
 * displace ours: here they stand side by side, and what the operator says comes last, which is what counts.
 */
export function withSessionOptions(
  connectionString: string,
  ours: readonly string[],
  fromEnvironment = process.env['PGOPTIONS'],
): { readonly connectionString: string; readonly options?: string } {
  if (ours.length === 0) return { connectionString };
  const url = new URL(connectionString);
  const inAddress = url.searchParams.get('options');
  if (inAddress === null) {
    return { connectionString, options: [...ours, fromEnvironment ?? ''].join(' ').trimEnd() };
  }
  url.searchParams.set('options', [...ours, inAddress].join(' '));
  return { connectionString: url.href };
}
