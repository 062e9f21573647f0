import type { TestStack } from './test-stack.ts';

/** The mail of a stack's issuer, which the demo puts into its log. */
export class Mailbox {
  private readonly stack: TestStack;

  constructor(stack: TestStack) {
    this.stack = stack;
  }

  /** The texts of mails to an address, the latest last. @throws Error when there are fewer after two seconds */
  async mailsTo(email: string, count: number): Promise<readonly string[]> {
    return (await this.stack.linesWith(`to ${email}: `, count)).map(({ text }) => text);
  }

  /** The link in the latest of so many mails to an address. */
  async linkTo(email: string, count = 1): Promise<URL> {
    const mail = (await this.mailsTo(email, count)).at(-1) ?? '';
    const [link] = /https?:[^\s"\\]+\?token=[\w-]+/.exec(mail) ?? [];
    if (link === undefined) throw new Error(`no link in ${mail}`);
    return new URL(link);
  }
}
