export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const SCHEME = /^([A-Za-z]+) (?=[a-z_]+=")/;
/** RFC 6750 §3: what may stand in a quoted value. */
const PARAMETER = /^([a-z_]+)="([\x20\x21\x23-\x5B\x5D-\x7E]*)"(?:, |$)/;

/**
 * Parses the challenges in `WWW-Authenticate` as strictly as RFC 6750 §3 words it.
 *
 * @param value of the header; of several, with commas between (RFC 9110 §11.6.1)
 * @throws Error when a parameter of one comes twice, is not quoted, or holds a character that none may hold
 */
export function parseChallenges(value: string | null | undefined): readonly Challenge[] {
  const challenges: { readonly scheme: string; readonly parameters: Map<string, string> }[] = [];
  let rest = value ?? '';
  do {
    const [begin, scheme] = SCHEME.exec(rest) ?? [];
    if (begin !== undefined && scheme !== undefined) {
      challenges.push({ scheme, parameters: new Map() });
      rest = rest.slice(begin.length);
    }
    const parameters = challenges.at(-1)?.parameters;
    const [match, name = '', text = ''] = PARAMETER.exec(rest) ?? [];
    if (parameters === undefined || match === undefined) throw new Error(`not a challenge: ${rest}`);
    if (parameters.has(name)) throw new Error(`${name} comes twice: ${value}`);
    parameters.set(name, text);
    rest = rest.slice(match.length);
  } while (rest !== '');
  return challenges;
}

/** The first challenge, which is of the scheme that was used. */
export function parseChallenge(value: string | null | undefined): Challenge {
  const [first] = parseChallenges(value);
  if (first === undefined) throw new Error(`not a challenge: ${value}`);
  return first;
}
