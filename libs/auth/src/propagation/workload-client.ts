import { AsyncLocalStorage } from 'node:async_hooks';
import type { PeerCertificate } from 'node:tls';
import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { ClientTCP } from '@nestjs/microservices';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { firstValueFrom, timeout, TimeoutError, type Observable } from 'rxjs';
import { ServiceError } from '../service-error.js';
import { TRANSACTION_TOKEN_METADATA } from '../transaction-token/transaction-token.js';
import { requireCaller } from './caller.js';
import { fromEnvelope } from './error-envelope.js';
import type { MessageContract } from './message-contract.js';
import { spiffeIdOf } from './spiffe.js';
import type { WorkloadIdentity } from './workload-identity.js';

const MAX_FRAME_LENGTH = 1_048_576;

export interface WorkloadClientOptions {
  readonly host: string;
  readonly port: number;
  /** SPIFFE ID that the peer's certificate has to have. */
  readonly peer: string;
  /** Who we are to the peer. */
  readonly identity: WorkloadIdentity;
  /** For a whole call, connecting included. */
  readonly timeoutMs: number;
}

/**
 * Calls another workload on behalf of the current caller. The transaction token is attached here and nowhere else:
 * a call outside a verified request throws, and no argument can name another caller.
 */
export class WorkloadClient implements OnApplicationShutdown {
  private readonly logger = new Logger('WorkloadClient');
  private readonly token = new AsyncLocalStorage<string>();
  private readonly client: PeerCheckedClient;

  constructor(private readonly options: WorkloadClientOptions) {
    this.client = new PeerCheckedClient(options);
    this.client.setOnDispatchHook((packet) => {
      const token = this.token.getStore();
      if (token !== undefined) packet.metadata = { [TRANSACTION_TOKEN_METADATA]: token };
    });
  }

  /**
   * Sends a message and waits for its answer.
   *
   * @throws ServiceError as the peer answered it, `service_unavailable` (503) when the peer cannot be reached, or
   * `service_timeout` (503) when it does not answer in time: then the work may have been done.
   */
  async call<Request extends StandardSchemaV1, Response extends StandardSchemaV1>(
    contract: MessageContract<Request, Response>,
    data: StandardSchemaV1.InferOutput<Request>,
  ): Promise<StandardSchemaV1.InferOutput<Response>> {
    const { transactionToken } = requireCaller();
    const answer = await this.token.run(transactionToken(), () => this.send(contract.pattern, data));
    const result = await contract.response['~standard'].validate(answer);
    if (result.issues === undefined) return result.value;
    this.logger.error(`${contract.pattern}: the answer does not fit its contract`);
    throw fromEnvelope(undefined);
  }

  /** Nest calls it for a provider, after the servers have answered their last requests. */
  onApplicationShutdown(): void {
    this.client.close();
  }

  private async send(pattern: string, data: unknown): Promise<unknown> {
    const { bytesReceived } = this.client;
    try {
      return await firstValueFrom(
        this.client.send<unknown, unknown>(pattern, data).pipe(timeout(this.options.timeoutMs)),
      );
    } catch (error) {
      if (error instanceof TimeoutError) {
        // Not a byte in all that time: the peer may be gone without a word, and no answer would ever come this way.
        if (this.client.bytesReceived === bytesReceived) this.client.abandonConnection();
        throw new ServiceError(
          'service_timeout',
          503,
          'A service behind the gateway did not answer in time.',
          {
            cause: error,
          },
        );
      }
      if (error instanceof Error || typeof error === 'string') throw this.unavailable(error);
      throw fromEnvelope(error);
    }
  }

  private unavailable(cause: Error | string): ServiceError {
    this.logger.warn(
      `${this.options.peer} cannot be reached: ${cause instanceof Error ? cause.message : cause}`,
    );
    return new ServiceError('service_unavailable', 503, 'A service behind the gateway cannot be reached.', {
      cause,
    });
  }
}

/** Nest's TCP client that knows its peer by SPIFFE ID. */
class PeerCheckedClient extends ClientTCP {
  constructor({ host, port, identity, peer }: WorkloadClientOptions) {
    super({
      host,
      port,
      maxBufferSize: MAX_FRAME_LENGTH,
      tlsOptions: {
        minVersion: 'TLSv1.3',
        // Getters, since Nest spreads these options for each connection: a renewed certificate is used at once.
        get cert() {
          return identity.current().cert;
        },
        get key() {
          return identity.current().key;
        },
        get ca() {
          return identity.current().ca;
        },
        // The name that we dialled says nothing about who answers; the SPIFFE ID does.
        checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
          spiffeIdOf(certificate.subjectaltname) === peer
            ? undefined
            : new Error(`the peer's certificate is not that of ${peer}`),
      },
    });
  }

  /** Bytes that the peer has sent on the current connection. */
  get bytesReceived(): number {
    return this.socket?.netSocket.bytesRead ?? 0;
  }

  /** Has the next call make a new connection; calls under way on this one fail. */
  abandonConnection(): void {
    this.socket?.netSocket.destroy();
    this.handleClose();
  }

  /** Nest takes `connect` for connected; no message may leave before the peer has proven who it is. */
  protected override connect$(instance: unknown, errorEvent?: string): Observable<unknown> {
    return super.connect$(instance, errorEvent, 'secureConnect');
  }
}
