import { join } from 'node:path';
import { z } from 'zod';
import { ConfigurationError } from '../config/configuration-error.js';
import { ensureDevelopmentCertificates, type CertificateFiles } from './development-certificates.js';

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
 * @throws ConfigurationError when some of the files are configured and some are not, or none are in production
 */
export async function workloadCertificateFiles(
  config: WorkloadConfig,
  workload: string,
): Promise<CertificateFiles> {
  const { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile, TLS_CA_FILE: caFile } = config;
  if (certFile !== undefined && keyFile !== undefined && caFile !== undefined)
    return { certFile, keyFile, caFile };
  if (certFile !== undefined || keyFile !== undefined || caFile !== undefined) {
    throw new ConfigurationError([
      'TLS_CERT_FILE, TLS_KEY_FILE and TLS_CA_FILE are set together or not at all',
    ]);
  }
  assertDevelopmentCertificatesAllowed(config, 'TLS_CERT_FILE, TLS_KEY_FILE and TLS_CA_FILE');
  return ensureDevelopmentCertificates({ ...developmentAuthority(config), workload, use: 'tls' });
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
