import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case; a name that came twice has two entries. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/**
 * Sends lines as an HTTP/1.1 request exactly as they are, which clients would mend or refuse to send.
 *
 * @param lines request line and headers; `Host`, `Connection` and `Content-Length` are not added
 */
export async function rawRequest(origin: string, lines: readonly string[], body = ''): Promise<RawAnswer> {
  const { hostname: host, port } = new URL(origin);
  const socket = connect({ host, port: Number(port) });
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  return parse(await text(socket));
}

/** The first value of a header. */
export function headerOf({ headers }: RawAnswer, name: string): string | undefined {
  return headers.find(([candidate]) => candidate === name)?.[1];
}

function parse(response: string): RawAnswer {
  const [head = '', ...rest] = response.split('\r\n\r\n');
  const [statusLine = '', ...headerLines] = head.split('\r\n');
  const headers = headerLines.map((line) => {
    const [name = '', ...value] = line.split(':');
    return [name.toLowerCase(), value.join(':').trim()] as const;
  });
  return { status: Number(statusLine.split(' ')[1]), headers, body: rest.join('\r\n\r\n') };
}
