import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** How a peer met a frame that it had no reason to trust. */
export type FrameOutcome =
  | { readonly kind: 'unreachable'; readonly reason: string }
  | { readonly kind: 'closed'; readonly reason: string }
  | { readonly kind: 'answered'; readonly text: string }
  | { readonly kind: 'silent' };

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
]);
const WAIT_MS = 6_000;

export interface Peer {
  readonly host: string;
  readonly port: number;
}

/** A message as Nest's TCP transport frames it: the length, `#`, and JSON. */
export function frame(message: object): string {
  const json = JSON.stringify(message);
  return `${json.length}#${json}`;
}

/** Sends text over plain TCP and reports what comes back. */
export function sendPlain(peer: Peer, text: string): Promise<FrameOutcome> {
  const socket = connectTcp({ ...peer }, () => socket.write(text));
  return outcomeOf(socket);
}

/** Sends text over TLS, without a client certificate and without looking at the server's: an attacker need not. */
export function sendTls(peer: Peer, text: string): Promise<FrameOutcome> {
  const socket = connectTls({ ...peer, rejectUnauthorized: false }, () => socket.write(text));
  return outcomeOf(socket);
}

function outcomeOf(socket: Socket): Promise<FrameOutcome> {
  const { promise, resolve } = Promise.withResolvers<FrameOutcome>();
  // A plain-text socket hears the TLS alert of its peer as bytes; an answer to a frame begins with its length.
  socket.on('data', (data) => {
    const text = data.toString('latin1');
    if (/^\d+#/.test(text)) resolve({ kind: 'answered', text });
  });
  socket.once('error', (error: NodeJS.ErrnoException) => {
    const { code = '', message } = error;
    resolve(
      UNREACHABLE.has(code)
        ? { kind: 'unreachable', reason: code }
        : { kind: 'closed', reason: code || message },
    );
  });
  socket.once('close', () => resolve({ kind: 'closed', reason: 'closed by the peer' }));
  socket.setTimeout(WAIT_MS, () => {
    resolve(socket.connecting ? { kind: 'unreachable', reason: 'no answer' } : { kind: 'silent' });
  });
  return promise.finally(() => socket.destroy());
}
