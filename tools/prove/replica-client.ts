import { Agent } from 'node:http';
import { send, type HttpAnswer, type HttpRequest } from '../../bench/load/http.ts';
import type { Cluster } from './cluster.ts';

/** Sends requests to the replicas of auth in turn, as a client that has the address of each. */
export class ReplicaClient {
  /** Requests that were sent again. */
  repeated = 0;
  private readonly cluster: Pick<Cluster, 'authAddress' | 'inRotation' | 'isDead'>;
  private readonly agent = new Agent({ keepAlive: true });
  private turn = 0;

  constructor(cluster: Pick<Cluster, 'authAddress' | 'inRotation' | 'isDead'>) {
    this.cluster = cluster;
  }

  /**
   * Sends a request to whichever replica is next. It is sent again, to the one after, when the connection to a replica
   * fails that was killed and is not back yet. Nothing else is: an answer is an answer, whatever it says.
   *
   * @throws Error when the connection to a replica fails that ought to live
   */
  async send(path: string, request: HttpRequest): Promise<HttpAnswer> {
    const { inRotation } = this.cluster;
    const turn = this.turn++;
    for (let attempt = 1; ; attempt++) {
      const replica = inRotation[(turn + attempt) % inRotation.length] ?? 0;
      const wasDead = this.cluster.isDead(replica);
      try {
        return await this.sendTo(replica, path, request);
      } catch (error) {
        const mayBeRepeated = wasDead || this.cluster.isDead(replica);
        if (!mayBeRepeated || attempt >= inRotation.length) throw error;
      }
      this.repeated++;
    }
  }

  /** To one replica, once. */
  sendTo(replica: number, path: string, request: HttpRequest): Promise<HttpAnswer> {
    return send(this.agent, `${this.cluster.authAddress(replica)}${path}`, request);
  }
}
