import { Access, CurrentPrincipal, type Principal } from '@countersign/auth';
import { Controller, Get } from '@nestjs/common';
import { ApiOAuth2, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';

const me = z
  .object({
    issuer: z.string(),
    subject: z.string(),
    clientId: z.string(),
    scopes: z.array(z.string()),
    roles: z.array(z.string()),
  })
  .meta({ id: 'Me', description: 'The verified caller.' });

type Me = z.infer<typeof me>;

@ApiTags('me')
@ApiOAuth2([])
@Controller('me')
export class MeController {
  @Get()
  @Access({ scopes: [] })
  @ApiOperation({ summary: 'Who the gateway takes you for' })
  @ApiOkResponse({ standardSchema: me })
  me(@CurrentPrincipal() { issuer, subject, clientId, scopes, roles }: Principal): Me {
    return { issuer, subject, clientId, scopes: [...scopes], roles: [...roles] };
  }
}
