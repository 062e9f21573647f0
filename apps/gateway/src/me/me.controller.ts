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
    actors: z
      .array(z.string())
      .optional()
      .meta({ description: 'Who acts for the subject, the current one first.' }),
    confirmation: z
      .object({ jkt: z.string().optional(), 'x5t#S256': z.string().optional() })
      .optional()
      .meta({ description: 'The key or certificate that the access token is bound to (RFC 7800).' }),
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
  me(@CurrentPrincipal() principal: Principal): Me {
    const { issuer, subject, clientId, scopes, roles, actors, confirmation } = principal;
    return {
      issuer,
      subject,
      clientId,
      scopes: [...scopes],
      roles: [...roles],
      ...(actors && { actors: [...actors] }),
      ...(confirmation && { confirmation }),
    };
  }
}
