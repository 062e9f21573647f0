import { randomBytes } from 'node:crypto';
import type { ClientCertificateOptions, DpopOptions, UsedProofs } from '@countersign/auth/passport';
import { publicUrl, type GatewayConfig } from '../app.config.js';

const NONCE_KEY_BYTES = 32;

export function dpopOptions(config: GatewayConfig, usedProofs: UsedProofs): DpopOptions {
  return {
    publicUrl: publicUrl(config),
    algorithms: config.DPOP_ALGORITHMS,
    nonceKeys: config.DPOP_NONCES ? (config.DPOP_NONCE_KEYS ?? [randomBytes(NONCE_KEY_BYTES)]) : null,
    usedProofs,
  };
}

export function clientCertificateOptions({
  CLIENT_CERTIFICATE_HEADER: header,
  TRUST_PROXY: trustedProxies,
}: GatewayConfig): ClientCertificateOptions | null {
  return header === undefined || trustedProxies === undefined ? null : { header, trustedProxies };
}
