import { z } from 'zod';

/** Longest chain of actors, so that no token grows with every hop and no circle of services goes on for ever. */
const MAX_ACTORS = 4;

/** `act` (RFC 8693 §4.1): who acts for the subject, and within it who did so before. */
export interface Actor {
  readonly sub: string;
  readonly act?: Actor | undefined;
}

export const actor: z.ZodType<Actor> = z.strictObject({
  sub: z.string().min(1),
  get act() {
    return actor.optional();
  },
});

/** Puts a client in front of those who acted before. @returns undefined when it is among them, or they are too many */
export function addActor(clientId: string, before: Actor | undefined): Actor | undefined {
  const chain = actorsOf(before);
  if (chain.includes(clientId) || chain.length >= MAX_ACTORS) return undefined;
  return before === undefined ? { sub: clientId } : { sub: clientId, act: before };
}

function actorsOf(first: Actor | undefined): readonly string[] {
  const chain: string[] = [];
  for (let current = first; current !== undefined; current = current.act) chain.push(current.sub);
  return chain;
}
