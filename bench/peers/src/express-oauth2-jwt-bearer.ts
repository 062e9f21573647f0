import express from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import { BODY, settings } from './settings.js';

/** As its README has it; the addresses of issuer and keys are given, as they differ here. */
const app = express();
app.use(
  auth({
    issuer: settings.issuer,
    jwksUri: `${settings.keysOrigin}/.well-known/jwks.json`,
    audience: settings.audience,
  }),
);
app.get('/protected', (_request, response) => {
  response.json(BODY);
});
app.listen(settings.port, '127.0.0.1');
