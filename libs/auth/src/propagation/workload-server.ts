import type { TlsOptions, Server as TlsServer } from 'node:tls';
import { ServerTCP, type MessageHandler, type TcpContext } from '@nestjs/microservices';
import type { WorkloadIdentity } from './workload-identity.js';

/** Longest frame in characters; the edge's body limit lies well below it. */
const MAX_FRAME_LENGTH = 1_048_576;
const INCOMPLETE_FRAME_TIMEOUT_MS = 5_000;
const HANDSHAKE_TIMEOUT_MS = 5_000;
const MAX_CONNECTIONS = 1_024;
const CERTIFICATE_CHECK_MS = 60_000;

export interface WorkloadServerOptions {
  readonly host: string;
  readonly port: number;
  readonly identity: WorkloadIdentity;
  /** Answers a pattern that has no handler. */
  readonly refuseUnknownPattern: MessageHandler;
}

/**
 * Nest's TCP server with what it leaves open closed: mutual TLS 1.3 before the first byte, limits on frames, time
 * and connections, and no difference to be seen between a pattern that is unknown and one that is forbidden.
 */
export class WorkloadServer extends ServerTCP {
  private readonly certificateCheck: NodeJS.Timeout;

  constructor(private readonly workload: WorkloadServerOptions) {
    super({
      host: workload.host,
      port: workload.port,
      tlsOptions: tlsOptions(workload.identity),
      maxBufferSize: MAX_FRAME_LENGTH,
      incompleteMessageTimeout: INCOMPLETE_FRAME_TIMEOUT_MS,
    });
    const server = this.server as TlsServer;
    server.maxConnections = MAX_CONNECTIONS;
    // A peer that is not one of ours ends here; it must not end the process.
    server.on('tlsClientError', (error) => this.logger.warn(`connection refused: ${error.message}`));
    this.certificateCheck = setInterval(
      () => this.useRenewedCertificate(server),
      CERTIFICATE_CHECK_MS,
    ).unref();
  }

  /**
   * A frame without an id is an event to Nest: its handler would run with nobody to answer, even a handler made for
   * requests. Workloads exchange requests only, so such a frame is dropped.
   */
  override async handleEvent(pattern: unknown): Promise<void> {
    this.logger.warn(`dropped a frame without an id for ${JSON.stringify(String(pattern).slice(0, 100))}`);
  }

  override getHandlerByPattern(pattern: string): MessageHandler<unknown, TcpContext> {
    return super.getHandlerByPattern(pattern) ?? this.workload.refuseUnknownPattern;
  }

  override close(): void {
    clearInterval(this.certificateCheck);
    super.close();
  }

  private useRenewedCertificate(server: TlsServer): void {
    try {
      server.setSecureContext(tlsOptions(this.workload.identity));
    } catch (error) {
      this.logger.error(`the renewed certificate cannot be used: ${String(error)}`);
    }
  }
}

function tlsOptions(identity: WorkloadIdentity): TlsOptions {
  return {
    ...identity.current(),
    minVersion: 'TLSv1.3',
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  };
}
