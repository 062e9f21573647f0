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
  me(@CurrentPrincipal() { issuer, subject, clientId, scopes, roles, actors }: Principal): Me {
    return {
      issuer,
      subject,
      clientId,
      scopes: [...scopes],
      roles: [...roles],
      ...(actors && { actors: [...actors] }),
    };
  }
}
