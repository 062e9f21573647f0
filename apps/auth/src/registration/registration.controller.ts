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
import { emailForm, interactionQuery, onwards, registrationForm, tokenQuery } from './registration-forms.js';
import { donePage, finishRegistrationPage, mailSentPage, registerPage } from './registration-pages.js';
import { SelfService } from './self-service.js';

const SELF = ["'self'"];
const USED_UP = 'This link has been used, or has expired. Begin again.';

/** An account in two steps: an address, and, by the link that is mailed to it, a name and a password. */
@Controller('register')
@Access({ publicBecause: 'people make accounts here; the link that was mailed says whose address it is' })
@UseGuards(SameOriginGuard)
@UseFilters(PageErrorFilter)
export class RegistrationController {
  constructor(
    private readonly selfService: SelfService,
    private readonly requests: LinkRequestService,
    private readonly links: LinkRedemptionService,
    private readonly login: LoginService,
  ) {}

  @Get()
  show(@Query() query: unknown, @Res() reply: FastifyReply) {
    this.assertOpen();
    const { interaction: interactionUid } = interactionQuery.parse(query);
    return sendPage(reply, HttpStatus.OK, registerPage({ interactionUid }), SELF);
  }

  @Post()
  async request(@Body() body: unknown, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    this.assertOpen();
    const form = emailForm.safeParse(body);
    if (!form.success) {
      const problem = 'Enter an e-mail address, like name@example.com.';
      return sendPage(
        reply,
        HttpStatus.BAD_REQUEST,
        registerPage({ interactionUid: undefined, problem }),
        SELF,
      );
    }
    const { email, interaction: interactionUid = null } = form.data;
    await this.requests.request({ purpose: 'register', email, address: request.ip, interactionUid });
    return seeOther(reply, '/register/sent');
  }

  @Get('sent')
  showSent(@Res() reply: FastifyReply) {
    this.assertOpen();
    return sendPage(reply, HttpStatus.OK, mailSentPage(), SELF);
  }

  @Get('finish')
  async showFinish(@Query() query: unknown, @Res() reply: FastifyReply) {
    this.assertOpen();
    const { token, email } = await this.find(tokenQuery.safeParse(query).data?.token);
    return sendPage(reply, HttpStatus.OK, finishRegistrationPage({ token, email }), SELF);
  }

  @Post('finish')
  async finish(@Body() body: unknown, @Res() reply: FastifyReply) {
    this.assertOpen();
    const { token, email } = await this.find(tokenQuery.safeParse(body).data?.token);
    const form = registrationForm.safeParse(body);
    const problem = form.success
      ? await newPasswordFault(form.data, { email, name: form.data.name })
      : 'Enter your name, and a password twice.';
    if (!form.success || problem !== undefined) {
      const name = form.data?.name;
      const markup = finishRegistrationPage({ token, email, name, problem });
      return sendPage(reply, HttpStatus.BAD_REQUEST, markup, SELF);
    }
    const done = await this.links.register(token, form.data);
    if (done === undefined) throw new GoneException(USED_UP);
    reply.raw.appendHeader('Set-Cookie', this.login.knownDeviceCookie(done.account));
    return seeOther(reply, `/register/done${onwards(done.interactionUid)}`);
  }

  @Get('done')
  showDone(@Query() query: unknown, @Res() reply: FastifyReply) {
    this.assertOpen();
    const { interaction } = interactionQuery.parse(query);
    return sendPage(reply, HttpStatus.OK, donePage('Your account is ready', interaction), SELF);
  }

  private async find(token: string | undefined) {
    const link = token === undefined ? undefined : await this.links.findRegistration(token);
    if (token === undefined || link === undefined) throw new GoneException(USED_UP);
    return { token, email: link.email };
  }

  private assertOpen(): void {
    if (this.selfService.registration === 'closed') throw new NotFoundException('Nobody can register here.');
  }
}
