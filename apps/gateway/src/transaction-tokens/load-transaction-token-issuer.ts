import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { spiffeId, TransactionTokenIssuer } from '@countersign/auth';
import { ConfigurationError } from '@countersign/platform';
import {
  assertDevelopmentCertificatesAllowed,
  developmentAuthority,
  ensureDevelopmentCertificates,
} from '@countersign/platform/workload-certificates';
import type { GatewayConfig } from '../app.config.js';

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The issuer of transaction tokens, with its key and the certificate that tells the workloads whose key it is.
 *
 * @throws ConfigurationError when a file is missing or does not fit
 */
export async function loadTransactionTokenIssuer(config: GatewayConfig): Promise<TransactionTokenIssuer> {
  const { certFile, keyFile } = await signatureFiles(config);
  try {
    return new TransactionTokenIssuer({
      trustDomain: config.TRUST_DOMAIN,
      workload: spiffeId(config.TRUST_DOMAIN, 'gateway'),
      privateKey: createPrivateKey(readFileSync(keyFile)),
      certificates: parseCertificates(readFileSync(certFile, 'utf8')),
      now: Date.now,
    });
  } catch (error) {
    throw new ConfigurationError([`the transaction-token key cannot be used: ${(error as Error).message}`]);
  }
}

async function signatureFiles(config: GatewayConfig): Promise<{ certFile: string; keyFile: string }> {
  const { TRANSACTION_TOKEN_CERT_FILE: certFile, TRANSACTION_TOKEN_KEY_FILE: keyFile } = config;
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  const names = 'TRANSACTION_TOKEN_CERT_FILE and TRANSACTION_TOKEN_KEY_FILE';
  if (certFile !== undefined || keyFile !== undefined) {
    throw new ConfigurationError([`${names} are set together or not at all`]);
  }
  assertDevelopmentCertificatesAllowed(config, names);
  return ensureDevelopmentCertificates({
    ...developmentAuthority(config),
    workload: 'gateway',
    use: 'signature',
  });
}

function parseCertificates(pem: string): X509Certificate[] {
  return [...pem.matchAll(PEM_CERTIFICATE)].map(([text]) => new X509Certificate(text));
}
