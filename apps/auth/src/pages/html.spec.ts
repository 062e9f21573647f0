import { describe, expect, it } from '@jest/globals';
import { html } from './html.js';

describe('the html tag', () => {
  it('escapes what could end a text or an attribute', () => {
    const value = `<script>"'&`;
    expect(html`<p title="${value}">${value}</p>`.markup).toBe(
      '<p title="&lt;script&gt;&quot;&#39;&amp;">&lt;script&gt;&quot;&#39;&amp;</p>',
    );
  });

  it('takes markup of its own as it stands, also in lists', () => {
    const items = ['a', '<b>'].map((item) => html`<i>${item}</i>`);
    expect(html`<b>${items}</b>`.markup).toBe('<b><i>a</i><i>&lt;b&gt;</i></b>');
  });

  it('leaves out what is undefined', () => {
    expect(html`<p>${undefined}</p>`.markup).toBe('<p></p>');
  });
});
