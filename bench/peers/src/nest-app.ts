import 'reflect-metadata';
import { Controller, Get, Injectable, Module, UseGuards } from '@nestjs/common';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { passportJwtSecret } from 'jwks-rsa';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { BODY, settings } from './settings.js';

/** The strategy of Nest's own page on Passport, with jwks-rsa as its README and the tutorials of identity providers have it. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({
      secretOrKeyProvider: passportJwtSecret({
        cache: true,
        rateLimit: true,
        jwksRequestsPerMinute: 5,
        jwksUri: `${settings.keysOrigin}/.well-known/jwks.json`,
      }),
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      audience: settings.audience,
      issuer: settings.issuer,
      algorithms: ['RS256'],
    });
  }

  validate(payload: unknown): unknown {
    return payload;
  }
}

@Controller()
export class AppController {
  @UseGuards(AuthGuard('jwt'))
  @Get('protected')
  protected(): object {
    return BODY;
  }
}

@Module({ imports: [PassportModule], controllers: [AppController], providers: [JwtStrategy] })
export class AppModule {}
