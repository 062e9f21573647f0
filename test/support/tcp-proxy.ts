import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface ProxyTarget {
  readonly hostname: string;
  readonly port: number | string;
}

/** A TCP proxy in front of a server: it counts what clients send, and breaks in the ways that networks do. */
export class TcpProxy {
  /** What clients have sent: whether anything at all reached the server. */
  bytes = 0;
  private isCut = false;
  private readonly pairs = new Map<Socket, Socket>();
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
  }

  static async start({ hostname, port }: ProxyTarget): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server);
    server.on('connection', (client) => {
      if (proxy.isCut) client.destroy();
      else proxy.join(client, connect(Number(port), hostname));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get address(): string {
    return `localhost:${(this.server.address() as AddressInfo).port}`;
  }

  /** What is connected breaks, and nobody connects anew. */
  cut(): void {
    this.isCut = true;
    for (const client of this.pairs.keys()) client.destroy();
  }

  mend(): void {
    this.isCut = false;
  }

  /** Forwards nothing more on the connections there are, and says so to nobody: a firewall that forgot them. */
  freezeConnections(): void {
    for (const [client, target] of this.pairs) {
      client.unpipe(target).pause();
      target.unpipe(client).pause();
    }
  }

  stop(): void {
    this.cut();
    this.server.close();
  }

  private join(client: Socket, target: Socket): void {
    this.pairs.set(client, target);
    client.on('data', (chunk: Buffer) => {
      this.bytes += chunk.byteLength;
    });
    client
      .on('error', () => client.destroy())
      .on('close', () => {
        this.pairs.delete(client);
        target.destroy();
      });
    target.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.pipe(target);
    target.pipe(client);
  }
}
