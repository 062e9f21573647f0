import { Access } from '@countersign/auth';
import {
  Body,
  Controller,
  ForbiddenException,
  Get,
  HttpStatus,
  Post,
  Req,
  Res,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AccountsService } from '../accounts/accounts.service.js';
import { tryLogin } from '../login/login-answer.js';
import { LoginService } from '../login/login.service.js';
import { clientOf, exchange } from '../pages/exchange.js';
import { PageErrorFilter } from '../pages/page-error.filter.js';
import { SameOriginGuard } from '../pages/same-origin.guard.js';
import { seeOther, sendPage } from '../pages/send-page.js';
import { newPasswordFault } from '../registration/new-password-fault.js';
import { changePasswordForm } from './account-forms.js';
import { BrowserSessions } from './browser-sessions.js';
import { changePasswordPage, type PasswordProblem } from './password-page.js';

const SELF = ["'self'"];

/** A new password for who knows the current one: a browser that was left open is not enough (OWASP ASVS 6.2.3). */
@Controller('account/password')
@Access({ publicBecause: 'the session of the browser says who it is; without one there is the login' })
@UseGuards(SameOriginGuard)
@UseFilters(PageErrorFilter)
export class PasswordController {
  constructor(
    private readonly sessions: BrowserSessions,
    private readonly accounts: AccountsService,
    private readonly login: LoginService,
  ) {}

  @Get()
  async show(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const loggedIn = await this.sessions.find(exchange(request, reply));
    if (loggedIn === undefined) return seeOther(reply, '/account/login');
    const markup = changePasswordPage({ email: loggedIn.account.email, problem: undefined });
    return sendPage(reply, HttpStatus.OK, markup, SELF);
  }

  @Post()
  async change(@Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const loggedIn = await this.sessions.find(exchange(request, reply));
    if (loggedIn === undefined) return seeOther(reply, '/account/login');
    const { account } = loggedIn;
    const refuse = (status: HttpStatus, text: string, at: PasswordProblem['at']) => {
      const markup = changePasswordPage({ email: account.email, problem: { text, at } });
      return sendPage(reply, status, markup, SELF);
    };

    const form = changePasswordForm.safeParse(body);
    if (!form.success)
      return refuse(
        HttpStatus.BAD_REQUEST,
        'Enter the current password, and the new one twice.',
        'the new password',
      );
    const fault = await newPasswordFault(form.data, account);
    if (fault !== undefined) return refuse(HttpStatus.BAD_REQUEST, fault, 'the new password');
    const current = { email: account.email, password: form.data.current, ...clientOf(request) };
    const answer = await tryLogin(this.login, current);
    if (answer.account === undefined) {
      const { status, problem, retryAfterSeconds } = answer;
      if (retryAfterSeconds === undefined)
        return refuse(status, 'The current password is wrong.', 'the current password');
      reply.header('Retry-After', retryAfterSeconds);
      return refuse(status, problem, 'the current password');
    }
    await this.sessions.keep(exchange(request, reply), async () => {
      const version = await this.accounts.changePassword(answer.account, form.data.password);
      if (version === undefined)
        throw new ForbiddenException('The password was changed elsewhere meanwhile.');
      return version;
    });
    return seeOther(reply, '/account?done=password');
  }
}
