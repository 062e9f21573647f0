import { html, type Html } from './html.js';
import { STYLESHEET_PATH } from './stylesheet.js';

/** The frame of every page: plain HTML that needs no script. */
export function page(title: string, content: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} – Countersign</title>
        <link rel="stylesheet" href="${STYLESHEET_PATH}" />
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html> `.markup;
}

export function errorPage(message: string): string {
  return page('That did not work', html`<p role="alert">${message}</p>`);
}
