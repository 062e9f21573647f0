export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** RFC 6750 §3: what may stand in a quoted value. */
const PARAMETER = /^([a-z_]+)="([\x20\x21\x23-\x5B\x5D-\x7E]*)"(?:, |$)/;

/**
 * Parses a `WWW-Authenticate` value as strictly as RFC 6750 §3 words it.
 *
 * @throws Error when a parameter comes twice, is not quoted, or holds a character that none may hold
 */
export function parseChallenge(value: string | null | undefined): Challenge {
  const [, scheme, list = ''] = /^([A-Za-z]+) (.+)$/.exec(value ?? '') ?? [];
  if (scheme === undefined) throw new Error(`not a challenge: ${value}`);
  const parameters = new Map<string, string>();
  let rest = list;
  while (rest !== '') {
    const [match, name = '', text = ''] = PARAMETER.exec(rest) ?? [];
    if (match === undefined) throw new Error(`not a parameter: ${rest}`);
    if (parameters.has(name)) throw new Error(`${name} comes twice: ${value}`);
    parameters.set(name, text);
    rest = rest.slice(match.length);
  }
  return { scheme, parameters };
}
