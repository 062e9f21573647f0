import { Connection, type Answer } from './connection.ts';

/** Connections that requests share, one at a time on each; who finds none free waits for one. */
export class ConnectionPool {
  private readonly all: readonly Connection[];
  private readonly free: Connection[];
  private readonly waiting: ((connection: Connection) => void)[] = [];

  private constructor(connections: readonly Connection[]) {
    this.all = connections;
    this.free = [...connections];
  }

  static async open(port: number, size: number): Promise<ConnectionPool> {
    return new ConnectionPool(await Promise.all(Array.from({ length: size }, () => Connection.open(port))));
  }

  async ask(request: Uint8Array): Promise<Answer> {
    const connection = this.free.pop() ?? (await new Promise<Connection>((take) => this.waiting.push(take)));
    const answer = await connection.ask(request);
    const next = this.waiting.shift();
    if (next === undefined) this.free.push(connection);
    else next(connection);
    return answer;
  }

  close(): void {
    for (const connection of this.all) connection.close();
  }
}
