import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP proxy that counts what the client sends: whether anything at all reached the service behind it. */
export class CountingProxy {
  bytes = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
  }

  static async start(targetPort: number): Promise<CountingProxy> {
    const server = createServer();
    const proxy = new CountingProxy(server);
    server.on('connection', (client) => {
      const target = connect(targetPort, '127.0.0.1');
      proxy.sockets.add(client).add(target);
      client.on('data', (chunk: Buffer) => {
        proxy.bytes += chunk.byteLength;
      });
      for (const [from, to] of [
        [client, target],
        [target, client],
      ] as const) {
        from.on('error', () => to.destroy());
        from.pipe(to);
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get address(): string {
    return `localhost:${(this.server.address() as AddressInfo).port}`;
  }

  /** Forwards nothing more on the connections there are, and says so to nobody: a firewall that forgot them. */
  freezeConnections(): void {
    for (const socket of this.sockets) socket.unpipe().pause();
    this.sockets.clear();
  }

  stop(): void {
    this.server.close();
  }
}
