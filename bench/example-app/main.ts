import 'reflect-metadata';
import { Access, assertEveryHandlerDeclaresAccess } from '@countersign/auth';
import { AccessTokenModule } from '@countersign/auth/passport';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

const {
  PORT,
  ISSUER = '',
  AUDIENCE = '',
  KEYS_ORIGIN = '',
  CLIENT_ID = '',
  CLIENT_SECRET = '',
} = process.env;
const BODY = { message: 'Hello World!' };

/** A guarded and a public route with the same answer. */
@Controller()
class ExampleController {
  @Get('protected')
  @Access({ scopes: ['orders:read'] })
  protected(): object {
    return BODY;
  }

  @Get('public')
  @Access({ publicBecause: 'it is what the guarded route is measured against' })
  public(): object {
    return BODY;
  }
}

/** `@countersign/auth` in an app of its user's, as its README has it, with the issuer's events heard. */
@Module({
  imports: [
    AccessTokenModule.forRoot({
      issuer: ISSUER,
      jwksUri: `${KEYS_ORIGIN}/.well-known/jwks.json`,
      audience: AUDIENCE,
      algorithms: ['RS256', 'ES256'],
      clockToleranceSeconds: 30,
      maxLifetimeSeconds: 600,
      events: { uri: `${ISSUER}/events/streams`, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET },
      introspection: null,
      issueTransactionToken: null,
    }),
  ],
  controllers: [ExampleController],
})
class ExampleModule {}

const app = await NestFactory.create<NestFastifyApplication>(ExampleModule, new FastifyAdapter());
assertEveryHandlerDeclaresAccess(app);
await app.listen(Number(PORT), '127.0.0.1');
