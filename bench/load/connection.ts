import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const HEAD_END = '\r\n\r\n';
const STATUS_AT = 'HTTP/1.1 '.length;

export interface Answer {
  readonly status: number;
  /** Of the body. */
  readonly length: number;
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A connection over which one request after the other goes, as bytes that were made beforehand. autocannon and
 * `node:http` need more of a core for a request than the fastest server here needs to answer it, and would measure
 * themselves; this needs about half.
 */
export class Connection {
  private readonly socket: Socket;
  private received: Buffer = Buffer.alloc(0);
  private waiting: Waiting | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => this.read(chunk));
    socket.on('error', (error) => this.waiting?.reject(error));
    socket.on('close', () => this.waiting?.reject(new Error('the connection was closed')));
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Connection(socket);
  }

  /** @throws Error when the connection ends first, or the answer is not one whose length its head says */
  ask(request: Uint8Array): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.write(request);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    const headEnd = this.received.indexOf(HEAD_END);
    if (headEnd === -1) return;
    const head = this.received.toString('latin1', 0, headEnd);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
    const rest = this.received.length - headEnd - HEAD_END.length;
    if (rest < length) return;
    this.received = Buffer.alloc(0);
    const { waiting } = this;
    this.waiting = undefined;
    if (rest === length) waiting?.resolve({ status: Number(head.slice(STATUS_AT, STATUS_AT + 3)), length });
    else waiting?.reject(new Error(`an answer without a length, or more than one: ${head}`));
  }
}

/** A GET with an access token, or without one, as it goes over the wire. */
export function getRequest(path: string, token?: string): Buffer {
  const authorization = token === undefined ? '' : `authorization: Bearer ${token}\r\n`;
  return Buffer.from(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n${authorization}\r\n`, 'latin1');
}
