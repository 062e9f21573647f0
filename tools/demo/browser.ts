/** What the browser did, for whoever watches. */
export interface Visit {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly status: number;
}

export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly text: string;
}

export interface BrowserRequest {
  readonly method: Visit['method'];
  readonly body?: URLSearchParams | string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly host: string;
  readonly path: string;
}

const MAX_REDIRECTS = 10;

/** As much of a browser as a login needs: it keeps cookies, follows redirects and submits forms. */
export class Browser {
  private readonly cookies = new Map<string, Cookie>();
  private readonly onVisit: (visit: Visit) => void;

  constructor(onVisit: (visit: Visit) => void) {
    this.onVisit = onVisit;
  }

  /** @throws Error after ten redirects */
  async open(url: URL): Promise<Page> {
    return this.follow(url, await this.send(url, { method: 'GET' }));
  }

  /**
   * Fills in and submits the form of a page whose action ends so.
   *
   * @throws Error when the page has no such form
   */
  async submit(page: Page, actionEnd: string, fields: Readonly<Record<string, string>>): Promise<Page> {
    const form = formsOf(page).find(({ action }) => action.pathname.endsWith(actionEnd));
    if (form === undefined)
      throw new Error(`${page.url.pathname} (${page.status}) has no form to ${actionEnd}`);
    const body = new URLSearchParams({ ...form.hiddenFields, ...fields });
    return this.follow(form.action, await this.send(form.action, { method: 'POST', body }));
  }

  /** One request with the cookies that belong to it; a redirect is answered and not followed. */
  async send(url: URL, request: BrowserRequest): Promise<Response> {
    const cookie = this.cookiesFor(url);
    const response = await fetch(url, {
      ...request,
      redirect: 'manual',
      headers: { ...request.headers, ...(cookie !== '' && { cookie }) },
    });
    this.keepCookies(url, response);
    this.onVisit({ method: request.method, url, status: response.status });
    return response;
  }

  private async follow(from: URL, first: Response): Promise<Page> {
    let url = from;
    let response = first;
    for (let redirects = 0; redirects < MAX_REDIRECTS; redirects++) {
      const location = response.headers.get('location');
      if (location === null) return { url, status: response.status, text: await response.text() };
      await response.body?.cancel();
      url = new URL(location, url);
      response = await this.send(url, { method: 'GET' });
    }
    throw new Error(`more than ${MAX_REDIRECTS} redirects`);
  }

  /** RFC 6265 §5.4, for what is met here: the host itself, and the path or what lies below it. */
  private cookiesFor({ hostname, pathname }: URL): string {
    return [...this.cookies.values()]
      .filter(({ host, path }) => host === hostname && isBelow(pathname, path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }

  private keepCookies({ hostname: host }: URL, response: Response): void {
    for (const header of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
      const [name = '', ...rest] = pair.split('=');
      const value = rest.join('=');
      const path = attributes.find((text) => /^path=/i.test(text))?.slice('path='.length) ?? '/';
      const key = JSON.stringify([host, path, name]);
      if (value === '') this.cookies.delete(key);
      else this.cookies.set(key, { name, value, host, path });
    }
  }
}

function isBelow(pathname: string, path: string): boolean {
  return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
}

export interface Form {
  readonly action: URL;
  readonly hiddenFields: Readonly<Record<string, string>>;
}

/** The forms of a page of ours: well-formed markup with quoted attributes. */
export function formsOf({ url, text }: Page): readonly Form[] {
  return [...text.matchAll(/<form\s([^>]*)>(.*?)<\/form>/gs)].map(([, attributes = '', content = '']) => {
    const hidden = [...content.matchAll(/<input\s([^>]*)>/gs)]
      .map(([, input = '']) => input)
      .filter((input) => attribute(input, 'type') === 'hidden')
      .map((input) => [attribute(input, 'name'), attribute(input, 'value')] as const);
    return {
      action: new URL(attribute(attributes, 'action'), url),
      hiddenFields: Object.fromEntries(hidden),
    };
  });
}

function attribute(attributes: string, name: string): string {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1]?.replaceAll('&amp;', '&') ?? '';
}
