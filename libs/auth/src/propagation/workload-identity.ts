import { readFileSync, statSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { spiffeIdOf } from './spiffe.js';

export interface WorkloadIdentityFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}

/** PEM texts as `node:tls` takes them. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/**
 * A workload's X509-SVID: its certificate, key and trust bundle, read from files that an operator or an agent
 * (cert-manager, SPIRE) renews. A renewed file is used for the next connection, without a restart.
 */
export class WorkloadIdentity {
  readonly spiffeId: string;
  private material: TlsMaterial;
  private version: string;

  /** @throws Error when a file cannot be read, or the certificate has no SPIFFE ID */
  constructor(private readonly files: WorkloadIdentityFiles) {
    this.version = this.fileVersion();
    this.material = this.read();
    const id = spiffeIdOf(new X509Certificate(this.material.cert).subjectAltName);
    if (id === undefined) throw new Error(`${files.certFile} has no SPIFFE ID (one URI among its names)`);
    this.spiffeId = id;
  }

  /** What to use for a connection made now. */
  current(): TlsMaterial {
    const version = this.fileVersion();
    if (version !== this.version) {
      this.material = this.read();
      this.version = version;
    }
    return this.material;
  }

  /** Certificates of the trust domain's authorities. */
  authorities(): readonly X509Certificate[] {
    const pem = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
    return [...this.current().ca.matchAll(pem)].map(([text]) => new X509Certificate(text));
  }

  private read(): TlsMaterial {
    const { certFile, keyFile, caFile } = this.files;
    return {
      cert: readFileSync(certFile, 'utf8'),
      key: readFileSync(keyFile, 'utf8'),
      ca: readFileSync(caFile, 'utf8'),
    };
  }

  private fileVersion(): string {
    const { certFile, keyFile, caFile } = this.files;
    return [certFile, keyFile, caFile].map((file) => statSync(file).mtimeMs).join(' ');
  }
}
