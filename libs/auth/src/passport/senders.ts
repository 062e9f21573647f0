import type { Socket } from 'node:net';
import type { SignatureAlgorithm } from '../jose/signature-algorithm.js';
import {
  certificateThumbprint,
  TrustedProxies,
  type ClientCertificateHeader,
} from '../sender/client-certificate.js';
import { DpopNonces } from '../sender/dpop-nonces.js';
import { DpopVerifier } from '../sender/dpop-verifier.js';
import { BEARER, type Sender } from '../sender/sender.js';
import { PublicUrl } from '../sender/target-uri.js';
import type { UsedProofs } from '../sender/used-proofs.js';
import { headerValues, presentedCredentials } from './credentials.js';
import type { CredentialsRequest, Scheme } from './credentials.js';
import { requestPath, type RequestTarget } from './request-path.js';

/** Tokens that are bound to a key (RFC 9449). */
export interface DpopOptions {
  /**
   * Where clients reach this API, which proofs have to name: scheme and authority, and the beginning of every path where
   * a proxy takes one off. Nothing that a request says of it is believed.
   */
  readonly publicUrl: string;
  readonly algorithms: readonly SignatureAlgorithm[];
  /** Keys of the nonces that proofs have to carry, 32 bytes each, the same at every replica; null wants no nonces. */
  readonly nonceKeys: readonly Uint8Array[] | null;
  /** Shared by the replicas. */
  readonly usedProofs: UsedProofs;
}

/** Tokens that are bound to a client certificate (RFC 8705), which a proxy in front has seen. */
export interface ClientCertificateOptions {
  /** In which it passes the certificate on; it has to drop what the client itself sends under this name. */
  readonly header: ClientCertificateHeader;
  /** Who is believed: addresses, or networks in CIDR notation. */
  readonly trustedProxies: readonly string[];
}

export interface SenderOptions {
  /** Without it, or with null, there is no scheme `DPoP`, and tokens that are bound to a key are refused. */
  readonly dpop?: DpopOptions | null;
  /** Without it, or with null, tokens that are bound to a certificate are refused. */
  readonly clientCertificates?: ClientCertificateOptions | null;
}

/** What of a request is read here, besides its credentials. */
export interface SenderRequest extends CredentialsRequest, RequestTarget {
  readonly method?: string;
  readonly socket?: Pick<Socket, 'remoteAddress'>;
}

/** An access token, and who sends it; nothing that either says is trusted. */
export interface PresentedToken {
  readonly token: string;
  readonly sender: Sender;
}

/** Finds out what requests show of who sends them. */
export class Senders {
  private readonly schemes: readonly Scheme[];
  /** Null where proofs need none. */
  readonly nonces: DpopNonces | null;
  private readonly dpop: { readonly verifier: DpopVerifier; readonly publicUrl: PublicUrl } | null = null;
  private readonly certificates: CertificateSource | null;

  constructor({ dpop = null, clientCertificates = null }: SenderOptions) {
    this.schemes = dpop === null ? ['Bearer'] : ['Bearer', 'DPoP'];
    this.nonces = null;
    if (dpop !== null) {
      const { algorithms, nonceKeys, usedProofs } = dpop;
      this.nonces = nonceKeys && new DpopNonces({ keys: nonceKeys, now: Date.now });
      const verifier = new DpopVerifier({ algorithms, nonces: this.nonces, usedProofs, now: Date.now });
      this.dpop = { verifier, publicUrl: new PublicUrl(dpop.publicUrl) };
    }
    this.certificates = clientCertificates && {
      header: clientCertificates.header,
      proxies: new TrustedProxies(clientCertificates.trustedProxies),
    };
  }

  /**
   * Takes the access token from a request, and whatever shows who sends it.
   *
   * @throws AuthError without a token that can be read, or for a proof that is refused without its signature
   */
  presented(request: SenderRequest): PresentedToken {
    const { scheme, token } = presentedCredentials(request, this.schemes);
    return { token, sender: this.senderOf(request, scheme, token) };
  }

  private senderOf(request: SenderRequest, scheme: Scheme, token: string): Sender {
    if (scheme === 'Bearer' && this.certificates === null) return BEARER;
    return {
      proof: scheme === 'DPoP' ? this.prepareProof(request, token) : null,
      certificateThumbprint: () => this.certificateThumbprint(request),
    };
  }

  private prepareProof(request: SenderRequest, accessToken: string): Sender['proof'] {
    if (this.dpop === null) return null; // there is no such scheme then
    return this.dpop.verifier.prepare(headerValues(request, 'dpop'), {
      method: request.method ?? '',
      uri: this.dpop.publicUrl.uriOf(requestPath(request)),
      accessToken,
    });
  }

  private certificateThumbprint(request: SenderRequest): string | null {
    if (this.certificates === null) return null;
    const { header, proxies } = this.certificates;
    if (!proxies.include(request.socket?.remoteAddress)) return null; // whoever it is, he can type
    return certificateThumbprint(header, headerValues(request, header)) ?? null;
  }
}

interface CertificateSource {
  readonly header: ClientCertificateHeader;
  readonly proxies: TrustedProxies;
}
