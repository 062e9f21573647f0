import { beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { api, issuer } from '../support/running-stack.ts';

const ID = '01956f5e-9d2b-7c41-8f6a-2f6f0f4f9b1c';

/** Every route of the API with the scopes that it takes. */
const ROUTES: readonly (readonly [route: string, scopes: readonly string[]])[] = [
  ['get /me', []],
  ['get /orders', ['orders:read']],
  ['get /orders/{id}', ['orders:read']],
  ['get /payments', ['payments:read']],
  ['get /payments/{id}', ['payments:read']],
  ['post /orders', ['orders:write']],
  ['post /orders/{id}/cancel', ['orders:write']],
  ['post /orders/{id}/pay', ['orders:write']],
  ['post /payments/{id}/capture', ['payments:write']],
  ['post /payments/{id}/refund', ['payments:write']],
];

const operation = z.object({ security: z.array(z.object({ oauth2: z.array(z.string()) })).length(1) });
const schema = z.object({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({
    securitySchemes: z.object({
      oauth2: z.object({ flows: z.object({ authorizationCode: z.record(z.string(), z.unknown()) }) }),
    }),
  }),
});

describe('the OpenAPI document', () => {
  let document: z.output<typeof schema>;
  beforeAll(async () => {
    document = schema.parse(await (await fetch(`${api}/openapi.json`)).json());
  });

  it('lists every route with the scopes that it takes, and no other', () => {
    const routes = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { security }]) => [`${method} ${path}`, security[0]?.oauth2]),
    );
    expect(routes).toHaveLength(ROUTES.length);
    expect(routes).toEqual(expect.arrayContaining([...ROUTES]));
  });

  it.each(ROUTES)('tells the truth: %s is there, and wants a token', async (route) => {
    const [method = '', path = ''] = route.split(' ');
    const url = `${api}${path.replace('{id}', ID)}`;
    const response = await fetch(url, { method: method.toUpperCase() });
    expect(response.status).toBe(401);
  });

  it('sends people who try it to the issuer, with the code flow', () => {
    expect(document.components.securitySchemes.oauth2.flows.authorizationCode).toMatchObject({
      authorizationUrl: `${issuer}/authorize`,
      tokenUrl: `${issuer}/token`,
    });
  });

  it('is shown at /docs, by a page whose policy admits its scripts', async () => {
    const response = await fetch(`${api}/docs`);
    const page = await response.text();
    expect([response.status, page.includes('Swagger UI')]).toEqual([200, true]);
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>\s*\S/);
    const scripts = [...page.matchAll(/<script[^>]*\ssrc="([^"]+)"/g)].map(([, source = '']) => source);
    expect(scripts.length).toBeGreaterThan(0);
    const answers = await Promise.all(scripts.map((source) => fetch(new URL(source, `${api}/docs`))));
    expect(answers.map(({ status }) => status)).toEqual(scripts.map(() => 200));
  });
});
