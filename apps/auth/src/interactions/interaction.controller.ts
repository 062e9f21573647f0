import { Access } from '@countersign/auth';
import {
  Body,
  Controller,
  Get,
  HttpStatus,
  Param,
  Post,
  Req,
  Res,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AccountsService } from '../accounts/accounts.service.js';
import { formActionSources } from '../pages/page-headers.js';
import { authorizationParams } from './authorization-params.js';
import { consentPage } from './consent-page.js';
import { InteractionErrorFilter } from './interaction-error.filter.js';
import { InteractionService, type Interaction, type RawExchange } from './interaction.service.js';
import { loginForm } from './login-form.js';
import { loginPage, type LoginPage } from './login-page.js';
import { SameOriginGuard } from './same-origin.guard.js';
import { sendPage } from './send-page.js';

/** Login and consent: the pages to which an authorization request leads, and the forms on them. */
@Controller('interaction/:uid')
@Access({ publicBecause: 'people log in here; the signed cookie of the interaction says whose it is' })
@UseGuards(SameOriginGuard)
@UseFilters(InteractionErrorFilter)
export class InteractionController {
  constructor(
    private readonly interactions: InteractionService,
    private readonly accounts: AccountsService,
  ) {}

  @Get()
  async show(@Param('uid') uid: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const interaction = await this.interactions.find(uid, exchange(request, reply));
    if (interaction.prompt.name === 'login') {
      const { loginHint } = authorizationParams(interaction);
      return this.sendLoginPage(reply, interaction, HttpStatus.OK, { email: loginHint });
    }
    return this.sendConsentPage(reply, interaction);
  }

  /** The answer to wrong credentials is 403, as of RFC 9110 §15.5.4; 401 would call for a challenge (§15.5.2). */
  @Post('login')
  async logIn(
    @Param('uid') uid: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    const interaction = await this.interactions.findFor('login', uid, exchange(request, reply));
    const form = loginForm.safeParse(body);
    if (!form.success) {
      const problem = 'Enter your e-mail address and your password.';
      return this.sendLoginPage(reply, interaction, HttpStatus.BAD_REQUEST, { problem });
    }
    const { email, password } = form.data;
    const account = await this.accounts.authenticate(email, password);
    if (account === undefined) {
      const problem = 'The e-mail address or the password is wrong.';
      return this.sendLoginPage(reply, interaction, HttpStatus.FORBIDDEN, { email, problem });
    }
    return redirect(reply, await this.interactions.logIn(account.id, exchange(request, reply)));
  }

  @Post('consent')
  async consent(@Param('uid') uid: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const interaction = await this.interactions.findFor('consent', uid, exchange(request, reply));
    return redirect(reply, await this.interactions.allow(interaction, exchange(request, reply)));
  }

  @Post('abort')
  async abort(@Param('uid') uid: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    await this.interactions.find(uid, exchange(request, reply));
    return redirect(reply, await this.interactions.deny(exchange(request, reply)));
  }

  private async sendLoginPage(
    reply: FastifyReply,
    interaction: Interaction,
    status: HttpStatus,
    content: Pick<LoginPage, 'email' | 'problem'>,
  ) {
    const { clientId, redirectUri } = authorizationParams(interaction);
    const clientName = await this.interactions.clientName(clientId);
    const markup = loginPage({ uid: interaction.uid, clientName, ...content });
    return sendPage(reply, status, markup, formActionSources(redirectUri));
  }

  private async sendConsentPage(reply: FastifyReply, interaction: Interaction) {
    const { clientId, redirectUri, scopes } = authorizationParams(interaction);
    const account = await this.accounts.findEnabled(interaction.session?.accountId ?? '');
    const clientName = await this.interactions.clientName(clientId);
    const markup = consentPage({ uid: interaction.uid, clientName, accountEmail: account?.email, scopes });
    return sendPage(reply, HttpStatus.OK, markup, formActionSources(redirectUri));
  }
}

function exchange(request: FastifyRequest, reply: FastifyReply): RawExchange {
  return { request: request.raw, response: reply.raw };
}

/** 303 makes the browser go on with GET; 307 would post the password on to the client (RFC 9700 §4.12). */
function redirect(reply: FastifyReply, url: string) {
  return reply.header('Cache-Control', 'no-store').redirect(url, HttpStatus.SEE_OTHER);
}
