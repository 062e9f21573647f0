import { describe, expect, it } from '@jest/globals';
import { registrationFaults, type ClientRegistration } from './client-registration.js';

const accepted: ClientRegistration = {
  client_id: 'app',
  redirect_uris: ['https://app.example/callback'],
  post_logout_redirect_uris: ['https://app.example/'],
  grant_types: ['authorization_code'],
  scope: 'openid',
};

describe('a client registration', () => {
  it('has no faults when it keeps the rules', () => {
    expect(registrationFaults(accepted)).toEqual([]);
  });

  it('needs no scopes when the client gets no tokens', () => {
    expect(registrationFaults({ client_id: 'resource-server', grant_types: [] })).toEqual([]);
  });

  it.each<[deviation: string, deviating: Partial<ClientRegistration>]>([
    ['an id that could be a person (RFC 9700 §4.15)', { client_id: '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0001' }],
    ['the same in upper case', { client_id: '6F1C2A54-0F3B-4D0E-9A57-1D0B1C7E0001' }],
    ['a redirect over plain http (RFC 9700 §2.6)', { redirect_uris: ['http://app.example/callback'] }],
    ['a logout redirect over plain http', { post_logout_redirect_uris: ['http://app.example/'] }],
    ['roles of a public client', { token_endpoint_auth_method: 'none', roles: ['admin'] }],
    ['no list of scopes', { scope: undefined }],
  ])('has a fault with %s', (_deviation, deviating) => {
    expect(registrationFaults({ ...accepted, ...deviating })).toHaveLength(1);
  });
});
