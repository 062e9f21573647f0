import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';

/** What a frame is answered with. */
export interface Answer {
  readonly id: string;
  readonly err?: unknown;
  readonly response?: unknown;
}

/** A workload's certificate as the development authority made it. */
export function identityOf(dataDir: string, workload: string): ConnectionOptions {
  const folder = join(dataDir, 'certificates', workload);
  return {
    cert: readFileSync(join(folder, 'tls.crt')),
    key: readFileSync(join(folder, 'tls.key')),
    ca: readFileSync(join(folder, 'ca.crt')),
  };
}

/** A peer that writes what it likes to a workload's port, over TLS. */
export class RawPeer {
  readonly socket: TLSSocket;
  private received = '';

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('utf8');
    });
    socket.on('error', () => undefined); // a refusal shows as the connection's end
  }

  static async connect(port: number, identity: ConnectionOptions): Promise<RawPeer> {
    const socket = connect({ host: '127.0.0.1', port, checkServerIdentity: () => undefined, ...identity });
    const peer = new RawPeer(socket);
    await once(socket, 'secureConnect');
    return peer;
  }

  write(text: string): void {
    this.socket.write(text);
  }

  /** Writes a message as Nest frames it. */
  send(message: object): void {
    const json = JSON.stringify(message);
    this.write(`${json.length}#${json}`);
  }

  /** Sends a request and waits for its answer. @throws Error when the connection ends, or nothing comes in two seconds */
  async request(pattern: unknown, data: unknown, metadata?: unknown): Promise<Answer> {
    const id = Math.random().toString(36).slice(2);
    this.send({ pattern, data, id, ...(metadata !== undefined && { metadata }) });
    const deadline = AbortSignal.timeout(2_000);
    for (;;) {
      const answer = this.answers().find((candidate) => candidate.id === id);
      if (answer) return answer;
      if (this.socket.closed) throw new Error('the connection was closed');
      await once(this.socket, 'data', { signal: deadline });
    }
  }

  /** All answers that have come. */
  answers(): readonly Answer[] {
    const answers: Answer[] = [];
    let rest = this.received;
    for (let match = /^(\d+)#/.exec(rest); match !== null; match = /^(\d+)#/.exec(rest)) {
      const start = match[0].length;
      const end = start + Number(match[1]);
      if (rest.length < end) break;
      answers.push(JSON.parse(rest.slice(start, end)));
      rest = rest.slice(end);
    }
    return answers;
  }

  close(): void {
    this.socket.destroy();
  }
}
