import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * A TCP load balancer: each connection goes to the next replica in turn that lets itself be connected to. A replica
 * that dies takes its connections with it, and what was under way on them.
 */
export class Balancer {
  private readonly server: Server = createServer((client) => void this.join(client));
  private readonly clients = new Set<Socket>();
  private targets: readonly number[] = [];
  private turn = 0;

  static async start(): Promise<Balancer> {
    const balancer = new Balancer();
    balancer.server.listen(0, '127.0.0.1');
    await once(balancer.server, 'listening');
    return balancer;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The ports of this machine that the replicas listen on. */
  use(targets: readonly number[]): void {
    this.targets = targets;
  }

  stop(): void {
    for (const client of this.clients) client.destroy();
    this.server.close();
  }

  private async join(client: Socket): Promise<void> {
    this.clients.add(client);
    client.on('error', () => client.destroy()).on('close', () => this.clients.delete(client));
    const target = await this.connectToNext();
    if (target === undefined || client.destroyed) {
      client.destroy();
      target?.destroy();
      return;
    }
    client.on('close', () => target.destroy());
    target.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.pipe(target).pipe(client);
  }

  private async connectToNext(): Promise<Socket | undefined> {
    for (let attempt = 0; attempt < this.targets.length; attempt++) {
      const port = this.targets[this.turn++ % this.targets.length] ?? 0;
      const target = connect(port, '127.0.0.1');
      try {
        await once(target, 'connect');
        return target;
      } catch {
        target.destroy(); // nobody listens: the next replica may
      }
    }
    return undefined;
  }
}
