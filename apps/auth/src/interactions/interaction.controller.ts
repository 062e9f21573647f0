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
import { PageErrorFilter } from '../pages/page-error.filter.js';
import { InteractionService, type Interaction } from './interaction.service.js';
import { loginForm } from '../login/login-form.js';
import { loginPage } from './login-page.js';
import type { LoginFields } from '../login/login-fields.js';
import { SelfService } from '../registration/self-service.js';
import { SameOriginGuard } from '../pages/same-origin.guard.js';
import { seeOther, sendPage } from '../pages/send-page.js';
import { tryLogin } from '../login/login-answer.js';
import { LoginService } from '../login/login.service.js';
import { clientOf, exchange } from '../pages/exchange.js';

/** Login and consent: the pages to which an authorization request leads, and the forms on them. */
@Controller('interaction/:uid')
@Access({ publicBecause: 'people log in here; the signed cookie of the interaction says whose it is' })
@UseGuards(SameOriginGuard)
@UseFilters(PageErrorFilter)
export class InteractionController {
  constructor(
    private readonly interactions: InteractionService,
    private readonly accounts: AccountsService,
    private readonly login: LoginService,
    private readonly selfService: SelfService,
  ) {}

  @Get()
  async show(@Param('uid') uid: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const interaction = await this.interactions.find(uid, exchange(request, reply));
    if (interaction.prompt.name === 'login') {
      const { loginHint } = authorizationParams(interaction);
      return this.sendLoginPage(reply, interaction, HttpStatus.OK, {
        email: loginHint,
        problem: undefined,
      });
    }
    return this.sendConsentPage(reply, interaction);
  }

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
      return this.sendLoginPage(reply, interaction, HttpStatus.BAD_REQUEST, {
        email: undefined,
        problem,
      });
    }
    const { email, password } = form.data;
    const answer = await tryLogin(this.login, { email, password, ...clientOf(request) });
    if (answer.account === undefined) {
      const { status, problem, retryAfterSeconds } = answer;
      if (retryAfterSeconds !== undefined) reply.header('Retry-After', retryAfterSeconds);
      return this.sendLoginPage(reply, interaction, status, { email, problem });
    }
    const { account } = answer;
    reply.raw.appendHeader('Set-Cookie', this.login.knownDeviceCookie(account));
    return seeOther(reply, await this.interactions.logIn(account, exchange(request, reply)));
  }

  @Post('consent')
  async consent(@Param('uid') uid: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const interaction = await this.interactions.findFor('consent', uid, exchange(request, reply));
    return seeOther(reply, await this.interactions.allow(interaction, exchange(request, reply)));
  }

  @Post('abort')
  async abort(@Param('uid') uid: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    await this.interactions.find(uid, exchange(request, reply));
    return seeOther(reply, await this.interactions.deny(exchange(request, reply)));
  }

  private async sendLoginPage(
    reply: FastifyReply,
    interaction: Interaction,
    status: HttpStatus,
    content: LoginFields,
  ) {
    const { clientId, redirectUri } = authorizationParams(interaction);
    const clientName = await this.interactions.clientName(clientId);
    const markup = loginPage({
      uid: interaction.uid,
      clientName,
      selfService: this.selfService,
      ...content,
    });
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
