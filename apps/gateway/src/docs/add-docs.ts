import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { publicUrl, type GatewayConfig } from '../app.config.js';

export const API_TITLE = 'Countersign demo API';

const SCOPES = {
  'orders:read': 'Read orders',
  'orders:write': 'Place, pay and cancel orders',
  'payments:read': 'Read payments',
  'payments:write': 'Capture and refund payments',
};

export function docsUrl(config: GatewayConfig): string {
  return `${publicUrl(config)}/docs`;
}

/** `GET /openapi.json` and, at `/docs`, Swagger UI whose Authorize button runs code + PKCE against the issuer. */
export function addDocs(app: NestFastifyApplication, config: GatewayConfig): void {
  const { ISSUER } = config;
  const description = new DocumentBuilder()
    .setTitle(API_TITLE)
    .setDescription('Orders and payments behind a gateway that verifies access tokens.')
    .setVersion('1')
    .addServer(publicUrl(config))
    .addOAuth2({
      type: 'oauth2',
      flows: {
        authorizationCode: {
          authorizationUrl: `${ISSUER}/authorize`,
          tokenUrl: `${ISSUER}/token`,
          scopes: SCOPES,
        },
      },
    })
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, description), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    swaggerOptions: {
      oauth2RedirectUrl: `${docsUrl(config)}/oauth2-redirect.html`,
      initOAuth: {
        clientId: 'demo-web',
        usePkceWithAuthorizationCodeGrant: true,
        scopes: Object.keys(SCOPES),
      },
    },
  });
}
