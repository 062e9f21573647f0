import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  type Extension,
  type JsonGeneralNames,
} from '@peculiar/x509';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** RFC 9336. Named so that the certificate is good for no TLS connection: without any usage it would be for all. */
const DOCUMENT_SIGNING = '1.3.6.1.5.5.7.3.36';
const DAY_MS = 24 * 60 * 60 * 1_000;
const AUTHORITY_LIFETIME_MS = 3_650 * DAY_MS;
const LEAF_LIFETIME_MS = 365 * DAY_MS;
const CLOCK_SKEW_MS = 60 * 1_000;

export interface PemPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** `tls` authenticates a process to its peers; `signature` certifies a key that signs tokens and nothing else. */
export type CertificateUse = 'tls' | 'signature';

/** A certificate authority for one machine's development stack. */
export class CertificateAuthority {
  private constructor(
    private readonly certificate: X509Certificate,
    private readonly privateKey: webcrypto.CryptoKey,
  ) {}

  static async create(trustDomain: string): Promise<PemPair> {
    const keys = await generateKeyPair();
    const certificate = await X509CertificateGenerator.createSelfSigned({
      serialNumber: serialNumber(),
      name: `CN=${trustDomain} development authority`,
      ...validity(AUTHORITY_LIFETIME_MS),
      keys,
      signingAlgorithm: P256,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        new SubjectAlternativeNameExtension([{ type: 'url', value: `spiffe://${trustDomain}` }]),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return toPem(certificate, keys.privateKey);
  }

  static async fromPem({ certificate, privateKey }: PemPair): Promise<CertificateAuthority> {
    const [pkcs8] = PemConverter.decode(privateKey);
    if (pkcs8 === undefined) throw new TypeError('the authority has no private key');
    const key = await webcrypto.subtle.importKey('pkcs8', pkcs8, P256, false, ['sign']);
    return new CertificateAuthority(new X509Certificate(certificate), key);
  }

  /** Issues a certificate whose URI SAN is the workload's SPIFFE ID (X509-SVID §2: exactly one URI SAN). */
  async issue(spiffeId: string, commonName: string, use: CertificateUse): Promise<PemPair> {
    const keys = await generateKeyPair();
    const certificate = await X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: `CN=${commonName}`,
      issuer: this.certificate.subject,
      ...validity(LEAF_LIFETIME_MS),
      signingKey: this.privateKey,
      publicKey: keys.publicKey,
      signingAlgorithm: P256,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        ...extensionsForUse(use, spiffeId, commonName),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
        await AuthorityKeyIdentifierExtension.create(this.certificate),
      ],
    });
    return toPem(certificate, keys.privateKey);
  }
}

function extensionsForUse(use: CertificateUse, spiffeId: string, commonName: string): Extension[] {
  const names: JsonGeneralNames = [{ type: 'url', value: spiffeId }];
  if (use === 'signature') {
    return [new SubjectAlternativeNameExtension(names), new ExtendedKeyUsageExtension([DOCUMENT_SIGNING])];
  }
  names.push({ type: 'dns', value: commonName }, { type: 'dns', value: 'localhost' });
  return [
    new SubjectAlternativeNameExtension(names),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
  ];
}

async function generateKeyPair(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
}

/** 127 bits, so that the number is positive (RFC 5280 §4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8(bytes.readUInt8(0) & 0x7f, 0);
  return bytes.toString('hex');
}

function validity(lifetimeMs: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - CLOCK_SKEW_MS), notAfter: new Date(now + lifetimeMs) };
}

async function toPem(certificate: X509Certificate, key: webcrypto.CryptoKey): Promise<PemPair> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', key);
  return {
    certificate: `${certificate.toString('pem')}\n`,
    privateKey: `${PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`,
  };
}
