import { Access } from '@countersign/auth';
import {
  Body,
  Controller,
  Get,
  HttpStatus,
  Post,
  Query,
  Req,
  Res,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { tryLogin } from '../login/login-answer.js';
import type { LoginFields } from '../login/login-fields.js';
import { loginForm } from '../login/login-form.js';
import { LoginService } from '../login/login.service.js';
import { clientOf, exchange } from '../pages/exchange.js';
import { PageErrorFilter } from '../pages/page-error.filter.js';
import { SameOriginGuard } from '../pages/same-origin.guard.js';
import { seeOther, sendPage } from '../pages/send-page.js';
import { SelfService } from '../registration/self-service.js';
import { noticeQuery } from './account-forms.js';
import { BrowserSessions } from './browser-sessions.js';
import { accountLoginPage } from './login-page.js';

/** The login to one's own account, when no application asks for one: it leads to the account page and nowhere else. */
@Controller('account/login')
@Access({ publicBecause: 'people log in here' })
@UseGuards(SameOriginGuard)
@UseFilters(PageErrorFilter)
export class AccountLoginController {
  constructor(
    private readonly sessions: BrowserSessions,
    private readonly login: LoginService,
    private readonly selfService: SelfService,
  ) {}

  @Get()
  show(@Query() query: unknown, @Res() reply: FastifyReply) {
    const notice =
      noticeQuery.parse(query).done === 'everywhere' ? 'You are signed out everywhere.' : undefined;
    return this.sendLoginPage(reply, HttpStatus.OK, { email: undefined, problem: undefined, notice });
  }

  @Post()
  async logIn(@Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const form = loginForm.safeParse(body);
    if (!form.success) {
      const problem = 'Enter your e-mail address and your password.';
      return this.sendLoginPage(reply, HttpStatus.BAD_REQUEST, { email: undefined, problem });
    }
    const { email, password } = form.data;
    const answer = await tryLogin(this.login, { email, password, ...clientOf(request) });
    if (answer.account === undefined) {
      const { status, problem, retryAfterSeconds } = answer;
      if (retryAfterSeconds !== undefined) reply.header('Retry-After', retryAfterSeconds);
      return this.sendLoginPage(reply, status, { email, problem });
    }
    await this.sessions.logIn(answer.account, exchange(request, reply));
    reply.raw.appendHeader('Set-Cookie', this.login.knownDeviceCookie(answer.account));
    return seeOther(reply, '/account');
  }

  private sendLoginPage(
    reply: FastifyReply,
    status: HttpStatus,
    { notice, ...fields }: LoginFields & { readonly notice?: string | undefined },
  ) {
    const markup = accountLoginPage({ selfService: this.selfService, notice, ...fields });
    return sendPage(reply, status, markup, ["'self'"]);
  }
}
