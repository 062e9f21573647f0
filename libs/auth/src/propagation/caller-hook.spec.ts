import { describe, expect, it } from '@jest/globals';
import { TcpContext } from '@nestjs/microservices';
import { AuthError } from '../auth-error.js';
import type { Principal } from '../principal.js';
import { verifyMessage } from './caller-hook.js';

const principal: Principal = {
  issuer: 'i',
  subject: 's',
  clientId: 'c',
  scopes: ['a'],
  roles: ['r'],
  tokenId: 't',
};
const trustDomain = 'test.local';
const options = {
  trustDomain,
  transactionTokens: {
    verify: async (token: string) => {
      if (token !== 'good') throw new AuthError('signature_invalid', 'not good');
      return { principal, id: 'txn' };
    },
  },
};

interface Peer {
  readonly authorized: boolean;
  readonly names: string | undefined;
}

const gateway: Peer = { authorized: true, names: 'URI:spiffe://test.local/gateway, DNS:gateway' };

function messageOf({ authorized, names }: Peer, metadata: unknown): TcpContext {
  const netSocket = {
    authorized,
    getPeerX509Certificate: () => (names === undefined ? undefined : { subjectAltName: names }),
  };
  return new TcpContext([{ netSocket } as never, 'pattern', metadata as never]);
}

describe('verifyMessage', () => {
  it('names the workload by its certificate and the principal by the token', async () => {
    const { caller } = await verifyMessage(messageOf(gateway, { 'txn-token': 'good' }), options);
    expect(caller).toEqual({
      principal,
      txn: 'txn',
      workload: 'gateway',
      identityHeaders: { 'x-user-id': 's', 'x-user-role': 'r', 'x-scope': 'a' },
    });
    expect(caller).not.toHaveProperty('transactionToken');
  });

  it('computes the identity headers from the token and cannot be made to change them', async () => {
    const metadata = {
      'txn-token': 'good',
      'x-user-id': 'admin',
      'x-user-role': 'admin',
      'x-scope': 'everything',
    };
    const { caller } = await verifyMessage(messageOf(gateway, metadata), options);
    expect(caller.identityHeaders['x-user-id']).toBe('s');
    expect(() => Object.assign(caller.identityHeaders, { 'x-user-id': 'admin' })).toThrow(TypeError);
  });

  it.each([
    ['no metadata', undefined],
    ['metadata that are null', null],
    ['metadata that are text', 'good'],
    ['metadata that are a list', ['good']],
    ['no transaction token', {}],
    ['identity in plain headers', { 'x-user-id': 'admin', 'x-user-role': 'admin', 'x-scope': 'orders:read' }],
    ['a transaction token in a list', { 'txn-token': ['good'] }],
    ['a transaction token in an object', { 'txn-token': { token: 'good' } }],
    ['the transaction token by another name', { 'Txn-Token': 'good', txn_token: 'good' }],
    ['a transaction token that is refused', { 'txn-token': 'bad' }],
  ])('refuses a message with %s', async (_title, metadata) => {
    await expect(verifyMessage(messageOf(gateway, metadata), options)).rejects.toMatchObject({ status: 401 });
  });

  it.each<[string, Peer]>([
    ['without a certificate', { authorized: false, names: undefined }],
    ['whose certificate was not verified', { ...gateway, authorized: false }],
    ['of another trust domain', { authorized: true, names: 'URI:spiffe://other.local/gateway' }],
    [
      'with two identities',
      { authorized: true, names: 'URI:spiffe://test.local/a, URI:spiffe://test.local/b' },
    ],
    ['with a name and no identity', { authorized: true, names: 'DNS:gateway' }],
  ])('refuses a peer %s, whatever token it holds (TXN-06)', async (_title, peer) => {
    await expect(verifyMessage(messageOf(peer, { 'txn-token': 'good' }), options)).rejects.toMatchObject({
      code: 'workload_refused',
      status: 403,
    });
  });

  it('refuses a transport that it does not know', async () => {
    await expect(
      verifyMessage({ getMetadata: () => ({ 'txn-token': 'good' }) }, options),
    ).rejects.toMatchObject({
      code: 'workload_refused',
    });
  });
});
