import { Controller, Get, Module, Post, type Type } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Access } from '../access/access.js';
import { AccessTokenModule } from './access-token.module.js';
import { ResourceMetadata, type ResourceMetadataOptions } from './resource-metadata.js';

const issuer = 'https://issuer.example';
const WELL_KNOWN = '/.well-known/oauth-protected-resource';

@Controller('notes')
class NotesController {
  @Get()
  @Access({ scopes: ['notes:read'] })
  list(): string {
    return 'notes';
  }

  @Post(':id/share')
  @Access({ scopes: ['notes:read', 'notes:share'], roles: ['owner'] })
  share(): string {
    return 'shared';
  }
}

@Controller(['files', 'archive/files'])
class FilesController {
  @Get(['list', ':id'])
  @Access({ scopes: ['files:read'] })
  read(): string {
    return 'file';
  }
}

@Controller('status')
class StatusController {
  @Get()
  @Access({ publicBecause: 'it says nothing of anybody' })
  status(): string {
    return 'ok';
  }
}

let app: NestFastifyApplication | undefined;

/** An app of someone who uses the library alone. */
async function appOf(
  metadata: ResourceMetadataOptions | null,
  configure: (app: NestFastifyApplication) => void = () => undefined,
): Promise<NestFastifyApplication> {
  @Module({
    imports: [
      AccessTokenModule.forRoot({
        issuer,
        jwksUri: `${issuer}/keys`,
        audience: 'https://api.example',
        algorithms: ['RS256'],
        clockToleranceSeconds: 0,
        maxLifetimeSeconds: 600,
        events: null,
        metadata,
        issueTransactionToken: null,
      }),
    ],
    controllers: [NotesController, FilesController, StatusController],
  })
  class AppModule {}
  app = await NestFactory.create<NestFastifyApplication>(AppModule as Type, new FastifyAdapter(), {
    logger: false,
  });
  configure(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}

afterEach(() => app?.close());

async function documentAt(path: string): Promise<Record<string, unknown>> {
  const answer = await app?.inject(path);
  expect([path, answer?.statusCode]).toEqual([path, 200]);
  return answer?.json() as Record<string, unknown>;
}

async function challengeFor(url: string, method: 'GET' | 'POST' = 'GET'): Promise<string> {
  const answer = await app?.inject({ url, method });
  return String(answer?.headers['www-authenticate']);
}

describe('the metadata of an app that uses the library', () => {
  const metadata = { url: 'https://api.example', name: 'Notes' };

  it('are about the API as a whole, at its root (PRM-01, PRM-03)', async () => {
    await appOf({ ...metadata, documentation: 'https://api.example/manual' });
    expect(await documentAt(WELL_KNOWN)).toEqual({
      resource: 'https://api.example',
      resource_name: 'Notes',
      resource_documentation: 'https://api.example/manual',
      authorization_servers: [issuer],
      scopes_supported: ['files:read', 'notes:read', 'notes:share'],
      bearer_methods_supported: ['header'],
    });
  });

  it.each([
    ['/notes', ['notes:read', 'notes:share']],
    ['/notes/1', ['notes:read', 'notes:share']],
    ['/notes/1/share', ['notes:read', 'notes:share']],
    ['/files', ['files:read']],
    ['/archive', ['files:read']],
    ['/archive/files/1', ['files:read']],
  ])('are about %s for who asks about that, with the scopes of its routes (PRM-01)', async (path, scopes) => {
    await appOf(metadata);
    const document = await documentAt(`${WELL_KNOWN}${path}`);
    expect(document).toMatchObject({ resource: `https://api.example${path}`, scopes_supported: scopes });
  });

  it.each(['/nothing', '/status', '/notesandmore', '/', '/notes/', '//notes'])(
    'are not there for %s, which takes no tokens or is no address of its own',
    async (path) => {
      const { statusCode, headers } = await (await appOf(metadata)).inject(`${WELL_KNOWN}${path}`);
      expect(statusCode).toBe(404);
      expect(headers['content-type']).toMatch('application/problem+json');
    },
  );

  it('are named in the challenge, for the path that was asked for and without its query (PRM-02, PRM-04)', async () => {
    await appOf(metadata);
    const address = `https://api.example${WELL_KNOWN}`;
    expect(await challengeFor('/notes')).toContain(`resource_metadata="${address}/notes"`);
    expect(await challengeFor('/notes/1/share?access_token=canary', 'POST')).toMatch(
      new RegExp(`resource_metadata="${address}/notes/1/share"$`),
    );
  });

  it.each<[deployment: string, url: string, prefix: string]>([
    ['a global prefix', 'https://api.example/v1', 'v1'],
    ['a proxy that takes the path away', 'https://api.example/v1/', ''],
  ])('have the path before the routes in them, with %s (PRM-01)', async (_deployment, url, prefix) => {
    await appOf({ ...metadata, url }, (nest) => nest.setGlobalPrefix(prefix));
    expect(await documentAt(`${WELL_KNOWN}/v1`)).toMatchObject({ resource: url });
    expect(await documentAt(`${WELL_KNOWN}/v1/notes/1`)).toMatchObject({
      resource: 'https://api.example/v1/notes/1',
      scopes_supported: ['notes:read', 'notes:share'],
    });
    expect(await challengeFor(`${prefix && '/v1'}/notes`)).toContain(
      `resource_metadata="https://api.example${WELL_KNOWN}/v1/notes"`,
    );
  });

  it('are not there when none were wanted, and no challenge names any', async () => {
    await appOf(null);
    expect((await app?.inject(WELL_KNOWN))?.statusCode).toBe(404);
    expect(await challengeFor('/notes')).toBe('Bearer realm="https://api.example"');
  });
});

const api = { url: 'https://api.example', name: 'Notes', issuer, dpopAlgorithms: null };

describe('a path that no client sends', () => {
  const metadata = new ResourceMetadata(api, [{ path: '/notes', scopes: [] }]);

  it.each([
    '/notes/"x',
    '/notes/\\x',
    '/notes/é',
    '/notes/ x',
    '/notes/../files',
    '/notes/%2e%2E',
    '/notes//x',
    '/notes/',
  ])('is not repeated: the challenge for %s names the metadata of the whole API (BEA-07)', (path) => {
    expect(metadata.addressFor(path)).toBe(`https://api.example${WELL_KNOWN}`);
    expect(metadata.documentAt(`${WELL_KNOWN}${path}`)).toBeUndefined();
  });
});

describe('the address of an API', () => {
  it.each([
    'api.example',
    'ftp://api.example',
    'https://api.example?a',
    'https://api.example#a',
    'https://a"b',
    '',
  ])('cannot be %j', (url) => {
    expect(() => new ResourceMetadata({ ...api, url }, [])).toThrow(TypeError);
  });
});
