import { describe, expect, it } from '@jest/globals';
import { mailerOf, selfServiceOf } from './self-service.js';

const MAIL = { SMTP_URL: 'smtp://mail.example.com', MAIL_FROM: 'no-reply@id.example' };
const NO_MAIL = { SMTP_URL: undefined, MAIL_FROM: undefined };

describe('what people may do for themselves', () => {
  it.each<[where: string, settings: object, may: object]>([
    ['in a demo', { DEMO: true, ...NO_MAIL }, { registration: 'open', passwordReset: 'open' }],
    [
      'in a demo that is closed',
      { DEMO: true, ...NO_MAIL, REGISTRATION: 'closed' },
      { registration: 'closed' },
    ],
    ['without mail', { ...NO_MAIL }, { registration: 'closed', passwordReset: 'closed' }],
    [
      'with mail, which opens no registration',
      { ...MAIL },
      { registration: 'closed', passwordReset: 'open' },
    ],
    ['with mail and a registration', { ...MAIL, REGISTRATION: 'open' }, { registration: 'open' }],
  ])('%s', (_where, settings, may) => {
    const config = { DEMO: false, REGISTRATION: undefined, ...NO_MAIL, ...settings };
    expect(selfServiceOf(config, mailerOf(config))).toMatchObject(may);
  });

  it('cannot be registering where no mail can leave', () => {
    const config = { DEMO: false, REGISTRATION: 'open' as const, ...NO_MAIL };
    expect(() => selfServiceOf(config, mailerOf(config))).toThrow(/no way to send mail/);
  });

  it.each([
    { ...MAIL, SMTP_URL: undefined },
    { ...MAIL, MAIL_FROM: undefined },
  ])('has a mail server and a sender, or neither: %j', (settings) => {
    expect(() => mailerOf({ DEMO: true, ...settings })).toThrow(/set together/);
  });
});
