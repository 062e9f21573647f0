import { Access } from '@countersign/auth';
import {
  BadRequestException,
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
import type { z } from 'zod';
import { AccountsService } from '../accounts/accounts.service.js';
import { InteractionService } from '../interactions/interaction.service.js';
import { exchange } from '../pages/exchange.js';
import { PageErrorFilter } from '../pages/page-error.filter.js';
import { SameOriginGuard } from '../pages/same-origin.guard.js';
import { seeOther, sendPage } from '../pages/send-page.js';
import { AccountAccessService } from '../sessions/account-access.service.js';
import { endAccessForm, endSessionForm, noticeQuery } from './account-forms.js';
import { accountPage, NOTICES } from './account-page.js';
import { BrowserSessions } from './browser-sessions.js';

const LOGIN = '/account/login';

/** What people see and end of their own: sessions, and the access of applications (OWASP ASVS 7.5.2, 10.4.9). */
@Controller('account')
@Access({ publicBecause: 'the session of the browser says who it is; without one there is the login' })
@UseGuards(SameOriginGuard)
@UseFilters(PageErrorFilter)
export class AccountController {
  constructor(
    private readonly sessions: BrowserSessions,
    private readonly access: AccountAccessService,
    private readonly accounts: AccountsService,
    private readonly interactions: InteractionService,
  ) {}

  @Get()
  async show(@Query() query: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const loggedIn = await this.sessions.find(exchange(request, reply));
    if (loggedIn === undefined) return seeOther(reply, LOGIN);
    const { account, sessionUid } = loggedIn;
    const { done = '' } = noticeQuery.parse(query);
    const applications = await this.access.applications(account.id);
    const markup = accountPage({
      account,
      sessionUid,
      sessions: await this.access.sessions(account.id),
      applications: await Promise.all(
        applications.map(async (application) => ({
          ...application,
          name: await this.interactions.clientName(application.clientId),
        })),
      ),
      notice: Object.hasOwn(NOTICES, done) ? NOTICES[done as keyof typeof NOTICES] : undefined,
      now: new Date(),
    });
    return sendPage(reply, HttpStatus.OK, markup, ["'self'"]);
  }

  @Post('end-session')
  async endSession(@Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const loggedIn = await this.sessions.find(exchange(request, reply));
    if (loggedIn === undefined) return seeOther(reply, LOGIN);
    await this.access.endSession(loggedIn.account.id, parse(endSessionForm, body).session);
    return seeOther(reply, '/account?done=session');
  }

  @Post('end-access')
  async endAccess(@Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const loggedIn = await this.sessions.find(exchange(request, reply));
    if (loggedIn === undefined) return seeOther(reply, LOGIN);
    await this.access.endApplication(loggedIn.account.id, parse(endAccessForm, body).client_id);
    return seeOther(reply, '/account?done=application');
  }

  @Post('sign-out-everywhere')
  async signOutEverywhere(@Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const loggedIn = await this.sessions.find(exchange(request, reply));
    if (loggedIn === undefined) return seeOther(reply, LOGIN);
    await this.accounts.signOutEverywhere(loggedIn.account.id, null);
    return seeOther(reply, `${LOGIN}?done=everywhere`);
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body);
  if (!result.success) throw new BadRequestException('This form is incomplete.');
  return result.data;
}
