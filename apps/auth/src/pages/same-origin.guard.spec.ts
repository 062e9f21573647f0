import { describe, expect, it } from '@jest/globals';
import { ForbiddenException, type ExecutionContext } from '@nestjs/common';
import { FormOrigin, SameOriginGuard } from './same-origin.guard.js';

const guard = new SameOriginGuard(new FormOrigin('https://issuer.example'));

function request(method: string, headers: Readonly<Record<string, string>>): ExecutionContext {
  const http = { getRequest: () => ({ method, headers }) };
  return { switchToHttp: () => http } as ExecutionContext;
}

describe('the guard against forged forms', () => {
  it.each<[sender: string, headers: Record<string, string>]>([
    ['our own page', { 'sec-fetch-site': 'same-origin', origin: 'https://issuer.example' }],
    ['our own page in a browser without Sec-Fetch-Site', { origin: 'https://issuer.example' }],
    ['a client that is no browser', {}],
  ])('lets a form of %s through', (_sender, headers) => {
    expect(guard.canActivate(request('POST', headers))).toBe(true);
  });

  it.each<[sender: string, headers: Record<string, string>]>([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a neighbouring subdomain', { 'sec-fetch-site': 'same-site' }],
    [
      'another site, whatever Origin says',
      { 'sec-fetch-site': 'cross-site', origin: 'https://issuer.example' },
    ],
    ['another origin', { origin: 'https://evil.example' }],
    ['a sandboxed page', { origin: 'null' }],
  ])('refuses a form of %s', (_sender, headers) => {
    expect(() => guard.canActivate(request('POST', headers))).toThrow(ForbiddenException);
  });

  it('lets anyone open a page', () => {
    expect(guard.canActivate(request('GET', { 'sec-fetch-site': 'cross-site' }))).toBe(true);
  });
});
