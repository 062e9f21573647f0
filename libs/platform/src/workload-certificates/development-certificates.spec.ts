import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ensureDevelopmentCertificates,
  type DevelopmentCertificatesOptions,
} from './development-certificates.js';
import { workloadCertificateFiles } from './workload-settings.js';

describe('ensureDevelopmentCertificates', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'countersign-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const optionsFor = (workload: string): DevelopmentCertificatesOptions => ({
    directory,
    trustDomain: 'test.local',
    workload,
    use: 'tls',
  });

  it('makes a certificate whose one URI is the SPIFFE ID, issued by the authority', async () => {
    const { certFile, caFile } = await ensureDevelopmentCertificates(optionsFor('orders'));
    const certificate = new X509Certificate(readFileSync(certFile));
    expect(certificate.subjectAltName).toBe('URI:spiffe://test.local/orders, DNS:orders, DNS:localhost');
    expect(certificate.verify(new X509Certificate(readFileSync(caFile)).publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
  });

  it('keeps what it made', async () => {
    const { certFile } = await ensureDevelopmentCertificates(optionsFor('orders'));
    const first = readFileSync(certFile, 'utf8');
    await ensureDevelopmentCertificates(optionsFor('orders'));
    expect(readFileSync(certFile, 'utf8')).toBe(first);
  });

  it('gives processes that start together one authority and a whole certificate each', async () => {
    const names = ['gateway', 'orders', 'payments', 'orders', 'gateway'];
    const files = await Promise.all(names.map((name) => ensureDevelopmentCertificates(optionsFor(name))));
    const authorities = new Set(files.map(({ caFile }) => readFileSync(caFile, 'utf8')));
    expect(authorities.size).toBe(1);
    for (const { certFile, keyFile, caFile } of files) {
      const certificate = new X509Certificate(readFileSync(certFile));
      expect(certificate.checkIssued(new X509Certificate(readFileSync(caFile)))).toBe(true);
      expect(readFileSync(keyFile, 'utf8')).toContain('PRIVATE KEY');
    }
    expect(readdirSync(directory).toSorted()).toEqual(['authority', 'gateway', 'orders', 'payments']);
  });

  it('replaces a certificate of another trust domain', async () => {
    await ensureDevelopmentCertificates(optionsFor('orders'));
    const { certFile } = await ensureDevelopmentCertificates({
      ...optionsFor('orders'),
      trustDomain: 'other.local',
    });
    expect(new X509Certificate(readFileSync(certFile)).subjectAltName).toContain(
      'spiffe://other.local/orders',
    );
  });

  it('replaces a certificate of another authority', async () => {
    const { certFile, caFile } = await ensureDevelopmentCertificates(optionsFor('orders'));
    const first = readFileSync(certFile, 'utf8');
    rmSync(join(directory, 'authority'), { recursive: true });
    await ensureDevelopmentCertificates(optionsFor('orders'));
    expect(readFileSync(certFile, 'utf8')).not.toBe(first);
    const authority = new X509Certificate(readFileSync(caFile));
    expect(new X509Certificate(readFileSync(certFile)).checkIssued(authority)).toBe(true);
  });

  it('makes keys that only their owner can read', async () => {
    const { keyFile } = await ensureDevelopmentCertificates(optionsFor('orders'));
    expect(statSync(keyFile).mode & 0o077).toBe(0);
    expect(statSync(join(directory, 'authority', 'ca.key')).mode & 0o077).toBe(0);
  });
});

describe('workloadCertificateFiles', () => {
  const config = { NODE_ENV: 'production', DEMO: false, DATA_DIR: '/nowhere', TRUST_DOMAIN: 'test.local' };

  it('makes no development certificates in production', async () => {
    await expect(workloadCertificateFiles(config, 'orders')).rejects.toThrow('must be set in production');
  });

  it('does not guess the rest when some of the files are set', async () => {
    await expect(workloadCertificateFiles({ ...config, TLS_CERT_FILE: 'x' }, 'orders')).rejects.toThrow(
      'together',
    );
  });

  describe('with files that are set', () => {
    let directory: string;
    let files: { TLS_CERT_FILE: string; TLS_KEY_FILE: string; TLS_CA_FILE: string };

    beforeEach(async () => {
      directory = mkdtempSync(join(tmpdir(), 'countersign-'));
      const options = { directory, trustDomain: 'test.local', workload: 'orders', use: 'tls' } as const;
      const { certFile, keyFile, caFile } = await ensureDevelopmentCertificates(options);
      files = { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile, TLS_CA_FILE: caFile };
    });

    afterEach(() => {
      rmSync(directory, { recursive: true });
    });

    it('uses them', async () => {
      await expect(workloadCertificateFiles({ ...config, ...files }, 'orders')).resolves.toEqual({
        certFile: files.TLS_CERT_FILE,
        keyFile: files.TLS_KEY_FILE,
        caFile: files.TLS_CA_FILE,
      });
    });

    it('refuses a certificate that is for another workload', async () => {
      const attempt = workloadCertificateFiles({ ...config, ...files }, 'payments');
      await expect(attempt).rejects.toThrow('is not for spiffe://test.local/payments');
    });

    it('refuses a key of another certificate', async () => {
      const key = join(directory, 'authority', 'ca.key');
      const attempt = workloadCertificateFiles({ ...config, ...files, TLS_KEY_FILE: key }, 'orders');
      await expect(attempt).rejects.toThrow('TLS_KEY_FILE');
    });

    it.each(['TLS_CERT_FILE', 'TLS_KEY_FILE', 'TLS_CA_FILE'])(
      'names %s when it is no PEM',
      async (setting) => {
        const file = join(directory, 'rubbish');
        writeFileSync(file, 'rubbish');
        const attempt = workloadCertificateFiles({ ...config, ...files, [setting]: file }, 'orders');
        await expect(attempt).rejects.toThrow(`${setting}: ${file}`);
      },
    );
  });
});
