import { Access } from '@countersign/auth';
import {
  Body,
  Controller,
  Get,
  GoneException,
  HttpStatus,
  NotFoundException,
  Post,
  Query,
  Req,
  Res,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LoginService } from '../login/login.service.js';
import { PageErrorFilter } from '../pages/page-error.filter.js';
import { SameOriginGuard } from '../pages/same-origin.guard.js';
import { seeOther, sendPage } from '../pages/send-page.js';
import { LinkRedemptionService } from './link-redemption.service.js';
import { LinkRequestService } from './link-request.service.js';
import { newPasswordFault } from './new-password-fault.js';
import { emailForm, interactionQuery, newPasswordForm, onwards, tokenQuery } from './registration-forms.js';
import { donePage, forgottenPasswordPage, mailSentPage, resetPasswordPage } from './registration-pages.js';
import { SelfService } from './self-service.js';

const SELF = ["'self'"];
const USED_UP = 'This link has been used, or has expired. Ask for another one.';

/**
 * A new password by a link, for who has forgotten theirs or is kept out by someone who guesses at it. Without a way to send
 * mail nobody can ask for a link, and those that an administrator hands over are good all the same.
 */
@Controller('password')
@Access({
  publicBecause: 'people who cannot log in come here; the link that they were given says who they are',
})
@UseGuards(SameOriginGuard)
@UseFilters(PageErrorFilter)
export class PasswordResetController {
  constructor(
    private readonly selfService: SelfService,
    private readonly requests: LinkRequestService,
    private readonly links: LinkRedemptionService,
    private readonly login: LoginService,
  ) {}

  @Get('forgotten')
  show(@Query() query: unknown, @Res() reply: FastifyReply) {
    this.assertOpen();
    const { interaction: interactionUid } = interactionQuery.parse(query);
    return sendPage(reply, HttpStatus.OK, forgottenPasswordPage({ interactionUid }), SELF);
  }

  @Post('forgotten')
  async request(@Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    this.assertOpen();
    const form = emailForm.safeParse(body);
    if (!form.success) {
      const problem = 'Enter an e-mail address, like name@example.com.';
      const markup = forgottenPasswordPage({ interactionUid: undefined, problem });
      return sendPage(reply, HttpStatus.BAD_REQUEST, markup, SELF);
    }
    const { email, interaction: interactionUid = null } = form.data;
    await this.requests.request({ purpose: 'reset-password', email, address: request.ip, interactionUid });
    return seeOther(reply, '/password/sent');
  }

  @Get('sent')
  showSent(@Res() reply: FastifyReply) {
    this.assertOpen();
    return sendPage(reply, HttpStatus.OK, mailSentPage(), SELF);
  }

  @Get('reset')
  async showReset(@Query() query: unknown, @Res() reply: FastifyReply) {
    const { token, email } = await this.find(tokenQuery.safeParse(query).data?.token);
    return sendPage(reply, HttpStatus.OK, resetPasswordPage({ token, email }), SELF);
  }

  @Post('reset')
  async reset(@Body() body: unknown, @Res() reply: FastifyReply) {
    const { token, email } = await this.find(tokenQuery.safeParse(body).data?.token);
    const form = newPasswordForm.safeParse(body);
    const problem = form.success
      ? await newPasswordFault(form.data, { email, name: '' })
      : 'Enter the new password twice.';
    if (!form.success || problem !== undefined) {
      return sendPage(reply, HttpStatus.BAD_REQUEST, resetPasswordPage({ token, email, problem }), SELF);
    }
    const done = await this.links.resetPassword(token, form.data.password);
    if (done === undefined) throw new GoneException(USED_UP);
    reply.raw.appendHeader('Set-Cookie', this.login.knownDeviceCookie(done.account));
    return seeOther(reply, `/password/done${onwards(done.interactionUid)}`);
  }

  @Get('done')
  showDone(@Query() query: unknown, @Res() reply: FastifyReply) {
    const { interaction } = interactionQuery.parse(query);
    return sendPage(reply, HttpStatus.OK, donePage('Your password has been changed', interaction), SELF);
  }

  private async find(token: string | undefined) {
    const link = token === undefined ? undefined : await this.links.findPasswordReset(token);
    if (token === undefined || link === undefined) throw new GoneException(USED_UP);
    return { token, email: link.email };
  }

  private assertOpen(): void {
    if (this.selfService.passwordReset === 'closed') {
      throw new NotFoundException('There is no new password by mail here. Ask who runs this service.');
    }
  }
}
