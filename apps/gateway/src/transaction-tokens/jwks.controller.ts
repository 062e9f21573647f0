import { Access, TransactionTokenIssuer } from '@countersign/auth';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';

/** The keys by which workloads verify transaction tokens. They are not the issuer's: those sign access tokens. */
@ApiExcludeController()
@Controller('.well-known/jwks.json')
export class JwksController {
  constructor(private readonly issuer: TransactionTokenIssuer) {}

  @Get()
  @Access({
    publicBecause: 'public keys are for everyone; each is certified, so no transport has to be trusted',
  })
  @Header('cache-control', 'public, max-age=300')
  jwks(): object {
    return this.issuer.jwks();
  }
}
