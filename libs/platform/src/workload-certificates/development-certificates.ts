import { X509Certificate, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CertificateAuthority, type CertificateUse, type PemPair } from './certificate-authority.js';

const RENEW_BEFORE_MS = 30 * 24 * 60 * 60 * 1_000;

export interface DevelopmentCertificatesOptions {
  /** Folder of the authority and of one folder for each certificate. */
  readonly directory: string;
  /** Authority part of the SPIFFE IDs. */
  readonly trustDomain: string;
  /** Name of the workload, which is the path of its SPIFFE ID. */
  readonly workload: string;
  readonly use: CertificateUse;
}

/** Paths with the names that Kubernetes gives to a mounted TLS secret. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}

/**
 * The development certificate of a workload, made on first start together with an authority that this machine's
 * processes share, and renewed in its last 30 days. Several processes may ask at a time: a folder is written
 * aside and renamed into place, so that one of them wins and the others use what it made.
 */
export async function ensureDevelopmentCertificates(
  options: DevelopmentCertificatesOptions,
): Promise<CertificateFiles> {
  const { directory, trustDomain, workload, use } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });

  const authorityFolder = join(directory, 'authority');
  if (!existsSync(authorityFolder)) {
    const authority = await CertificateAuthority.create(trustDomain);
    writeFolder(authorityFolder, { 'ca.crt': authority.certificate, 'ca.key': authority.privateKey });
  }
  const authority: PemPair = {
    certificate: readFileSync(join(authorityFolder, 'ca.crt'), 'utf8'),
    privateKey: readFileSync(join(authorityFolder, 'ca.key'), 'utf8'),
  };

  const folder = join(directory, use === 'tls' ? workload : `${workload}-signature`);
  const spiffeId = `spiffe://${trustDomain}/${workload}`;
  if (!isCurrent(folder, authority.certificate, spiffeId)) {
    const issuer = await CertificateAuthority.fromPem(authority);
    const leaf = await issuer.issue(spiffeId, workload, use);
    rmSync(folder, { recursive: true, force: true });
    writeFolder(folder, {
      'tls.crt': leaf.certificate,
      'tls.key': leaf.privateKey,
      'ca.crt': authority.certificate,
    });
  }
  return {
    certFile: join(folder, 'tls.crt'),
    keyFile: join(folder, 'tls.key'),
    caFile: join(folder, 'ca.crt'),
  };
}

function isCurrent(folder: string, authorityCertificate: string, spiffeId: string): boolean {
  const file = join(folder, 'tls.crt');
  if (!existsSync(file)) return false;
  const certificate = new X509Certificate(readFileSync(file));
  return (
    certificate.validToDate.getTime() - Date.now() > RENEW_BEFORE_MS &&
    hasSpiffeId(certificate, spiffeId) &&
    certificate.checkIssued(new X509Certificate(authorityCertificate))
  );
}

/** Whether a certificate is for a workload: its one URI is the SPIFFE ID (X509-SVID §2). */
export function hasSpiffeId(certificate: X509Certificate, spiffeId: string): boolean {
  const names = certificate.subjectAltName?.split(', ') ?? [];
  return names.filter((name) => name.startsWith('URI:')).join() === `URI:${spiffeId}`;
}

function writeFolder(folder: string, files: Readonly<Record<string, string>>): void {
  const aside = `${folder}.${randomUUID()}`;
  mkdirSync(aside, { mode: 0o700 });
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(aside, name), content, { mode: 0o600 });
  }
  try {
    renameSync(aside, folder);
  } catch (error) {
    rmSync(aside, { recursive: true });
    if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
