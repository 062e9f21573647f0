import { createHash, X509Certificate } from 'node:crypto';
import { CertificateAuthority } from '@countersign/platform/workload-certificates';
import { describe, expect, it } from '@jest/globals';
import { certificateThumbprint, TrustedProxies } from './client-certificate.js';

const { certificate: pem } = await CertificateAuthority.create('a-client.example');
const der = new X509Certificate(pem).raw;
const sha256 = createHash('sha256').update(der).digest();
const thumbprint = sha256.toString('base64url');
const hash = sha256.toString('hex');
const clientCert = `:${der.toString('base64')}:`;
const ambiguous = { code: 'confirmation_unproven', status: 401 };

describe('certificateThumbprint', () => {
  it('reads the byte sequence of RFC 9440', () => {
    expect(certificateThumbprint('client-cert', [clientCert])).toBe(thumbprint);
  });

  it.each([
    ['the hash', `Hash=${hash}`],
    ['the hash among others', `By=spiffe://a/b;Hash=${hash};Subject="CN=a,O=\\"b;c\\"";URI=spiffe://c/d`],
    ['the certificate', `Hash=${hash};Cert="${encodeURIComponent(pem)}";Chain="x"`],
    ['the certificate alone', `Cert="${encodeURIComponent(pem)}"`],
    ['several names', `Hash=${hash};URI=spiffe://a/b;DNS=a.example;DNS=b.example`],
  ])("reads %s in Envoy's header", (_title, value) => {
    expect(certificateThumbprint('x-forwarded-client-cert', [value])).toBe(thumbprint);
  });

  it.each([[[]], [['']]])('says that there is none in %j', (values) => {
    expect(certificateThumbprint('client-cert', values)).toBeUndefined();
  });

  it.each([
    ['two headers', [clientCert, clientCert]],
    ['a list', [`${clientCert}, ${clientCert}`]],
    ['no colons', [der.toString('base64')]],
    ['base64url', [`:${der.toString('base64url')}-_:`]],
    ['the PEM', [encodeURIComponent(pem)]],
    ['a parameter', [`${clientCert};a=b`]],
    ['20,000 characters', [`:${'A'.repeat(20_000)}:`]],
  ])('refuses %s in Client-Cert', (_title, values) => {
    expect(() => certificateThumbprint('client-cert', values)).toThrow(expect.objectContaining(ambiguous));
  });

  it.each([
    ['two proxies, of which the first may be the client', [`Hash=${hash},Hash=${hash}`]],
    ['another certificate before a comma in quotes', [`Hash=${'0'.repeat(64)};URI="a",Hash=${hash}`]],
    ['two headers', [`Hash=${hash}`, `Hash=${hash}`]],
    ['two hashes', [`Hash=${'0'.repeat(64)};Hash=${hash}`]],
    ['half a hash', [`Hash=${hash.slice(32)}`]],
    ['no certificate', ['By=spiffe://a/b;URI=spiffe://c/d']],
    ['a quote that does not end', [`Subject="a;Hash=${hash}`]],
    ['something else than pairs', [hash]],
    ['a certificate that is none', ['Cert="x"']],
    ['an encoding that is none', ['Cert="%"']],
  ])("refuses %s in Envoy's header", (_title, values) => {
    expect(() => certificateThumbprint('x-forwarded-client-cert', values)).toThrow(
      expect.objectContaining(ambiguous),
    );
  });
});

describe('TrustedProxies', () => {
  const proxies = new TrustedProxies(['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8']);

  it.each(['127.0.0.1', '10.200.0.1', '::ffff:10.0.0.1', '::1', 'fd12::1'])('include %s', (address) => {
    expect(proxies.include(address)).toBe(true);
  });

  it.each(['127.0.0.2', '11.0.0.1', '::ffff:11.0.0.1', '::2', 'fe80::1', '', 'localhost', undefined])(
    'do not include %s',
    (address) => {
      expect(proxies.include(address)).toBe(false);
    },
  );

  it('are nobody when none is named', () => {
    expect(new TrustedProxies([]).include('127.0.0.1')).toBe(false);
  });
});
