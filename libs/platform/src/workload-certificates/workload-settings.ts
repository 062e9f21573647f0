import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigurationError } from '../config/configuration-error.js';
import {
  ensureDevelopmentCertificates,
  hasSpiffeId,
  type CertificateFiles,
} from './development-certificates.js';

/** The settings of every process that speaks to other workloads. */
export const workloadSettings = {
  TRUST_DOMAIN: z
    .string()
    .regex(/^[a-z0-9.-]{1,255}$/, 'is not a trust domain')
    .default('countersign.local')
    .describe('audience of transaction tokens, authority of SPIFFE IDs'),
  TLS_CERT_FILE: z
    .string()
    .optional()
    .describe('workload certificate with a SPIFFE ID; made in DATA_DIR in development'),
  TLS_KEY_FILE: z.string().optional().describe('private key of the workload certificate'),
  TLS_CA_FILE: z.string().optional().describe('authorities of the trust domain'),
};

interface WorkloadConfig {
  readonly NODE_ENV: string;
  readonly DEMO: boolean;
  readonly DATA_DIR: string;
  readonly TRUST_DOMAIN: string;
  readonly TLS_CERT_FILE?: string | undefined;
  readonly TLS_KEY_FILE?: string | undefined;
  readonly TLS_CA_FILE?: string | undefined;
}

/**
 * Where a workload's certificate, key and trust bundle are: the configured files, or development ones, which are
 * made on first start.
 *
 * @throws ConfigurationError when some of the files are configured and some are not, none are in production, or the
 * configured ones do not make this workload's identity
 */
export async function workloadCertificateFiles(
  config: WorkloadConfig,
  workload: string,
): Promise<CertificateFiles> {
  const { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile, TLS_CA_FILE: caFile } = config;
  if (certFile !== undefined && keyFile !== undefined && caFile !== undefined) {
    assertIdentity({ certFile, keyFile, caFile }, `spiffe://${config.TRUST_DOMAIN}/${workload}`);
    return { certFile, keyFile, caFile };
  }
  if (certFile !== undefined || keyFile !== undefined || caFile !== undefined) {
    throw new ConfigurationError([
      'TLS_CERT_FILE, TLS_KEY_FILE and TLS_CA_FILE are set together or not at all',
    ]);
  }
  assertDevelopmentCertificatesAllowed(config, 'TLS_CERT_FILE, TLS_KEY_FILE and TLS_CA_FILE');
  return ensureDevelopmentCertificates({ ...developmentAuthority(config), workload, use: 'tls' });
}

function assertIdentity({ certFile, keyFile, caFile }: CertificateFiles, spiffeId: string): void {
  const certificate = readCertificate('TLS_CERT_FILE', certFile);
  readCertificate('TLS_CA_FILE', caFile);
  if (!certificate.checkPrivateKey(readPrivateKey('TLS_KEY_FILE', keyFile))) {
    throw new ConfigurationError([`TLS_KEY_FILE: ${keyFile} is not the key of ${certFile}`]);
  }
  if (!hasSpiffeId(certificate, spiffeId)) {
    throw new ConfigurationError([`TLS_CERT_FILE: ${certFile} is not for ${spiffeId}`]);
  }
}

function readCertificate(setting: string, file: string): X509Certificate {
  return readPem(setting, file, 'certificate', (pem) => new X509Certificate(pem));
}

function readPrivateKey(setting: string, file: string): KeyObject {
  return readPem(setting, file, 'private key', (pem) => createPrivateKey(pem));
}

function readPem<Result>(
  setting: string,
  file: string,
  kind: string,
  parse: (pem: Buffer) => Result,
): Result {
  const pem = readFileSync(file);
  try {
    return parse(pem);
  } catch {
    throw new ConfigurationError([`${setting}: ${file} is not a ${kind} in PEM`]);
  }
}

/**
 * Development certificates are signed by an authority whose key lies beside them; production has one of its own.
 *
 * @throws ConfigurationError in production
 */
export function assertDevelopmentCertificatesAllowed(config: WorkloadConfig, settings: string): void {
  if (config.NODE_ENV === 'production' && !config.DEMO) {
    throw new ConfigurationError([`${settings} must be set in production`]);
  }
}

export function developmentAuthority(config: WorkloadConfig): { directory: string; trustDomain: string } {
  return { directory: join(config.DATA_DIR, 'certificates'), trustDomain: config.TRUST_DOMAIN };
}
