import { Browser, formsOf, type BrowserRequest, type Form, type Page } from '../../tools/demo/browser.ts';

/** Where a user-agent came to rest. */
export interface Stop extends Page {
  readonly headers: Headers;
}

const MAX_REDIRECTS = 10;

/** A browser that stays with the issuer: a redirect to anywhere else is where it stops, unvisited. */
export class UserAgent {
  private readonly browser = new Browser(() => undefined);
  private readonly issuer: string;

  constructor(issuer: string) {
    this.issuer = issuer;
  }

  async open(url: URL): Promise<Stop> {
    return this.follow(await this.send(url, { method: 'GET' }));
  }

  /** Fills in and submits the form of a page whose action ends so, and follows where it leads. */
  async submit(page: Page, actionEnd: string, fields: Readonly<Record<string, string>> = {}): Promise<Stop> {
    const hiddenFields = formTo(page, actionEnd).hiddenFields;
    return this.follow(await this.post(page, actionEnd, new URLSearchParams({ ...hiddenFields, ...fields })));
  }

  /** Sends a form's address a body of any kind; a redirect is not followed. */
  async post(
    page: Page,
    actionEnd: string,
    body: NonNullable<BrowserRequest['body']>,
    headers: NonNullable<BrowserRequest['headers']> = {},
  ): Promise<Stop> {
    return this.send(formTo(page, actionEnd).action, { method: 'POST', body, headers });
  }

  private async send(url: URL, request: BrowserRequest): Promise<Stop> {
    const response = await this.browser.send(url, request);
    const { status, headers } = response;
    return { url, status, headers, text: await response.text() };
  }

  private async follow(first: Stop): Promise<Stop> {
    let stop = first;
    for (let redirects = 0; redirects < MAX_REDIRECTS; redirects++) {
      const target = redirectOf(stop);
      if (target === undefined) return stop;
      if (target.origin !== this.issuer) return { ...stop, url: target };
      stop = await this.send(target, { method: 'GET' });
    }
    throw new Error(`more than ${MAX_REDIRECTS} redirects`);
  }
}

function formTo(page: Page, actionEnd: string): Form {
  const form = formsOf(page).find(({ action }) => action.pathname.endsWith(actionEnd));
  if (form === undefined) throw new Error(`no form to ${actionEnd} on ${page.url.pathname} (${page.status})`);
  return form;
}

/** The address that an answer sends the user-agent to; undefined when it is a page. */
export function redirectOf({ url, headers }: Stop): URL | undefined {
  const location = headers.get('location');
  return location === null ? undefined : new URL(location, url);
}
