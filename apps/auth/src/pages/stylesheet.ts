export const STYLESHEET_PATH = '/styles.css';

export const STYLESHEET = `
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --line: #6b7280; --accent: #0b57d0; --alert: #a4120f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --paper: #16181c; --line: #9aa0a6; --accent: #8ab4f8; --alert: #f6aea9; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 26rem; margin: 0 auto; padding: 2rem 1.25rem; overflow-wrap: anywhere; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
label { display: block; margin: 1rem 0 0.25rem; font-weight: 600; }
input { width: 100%; padding: 0.625rem; border: 1px solid var(--line); border-radius: 0.375rem; background: var(--paper); color: var(--ink); font: inherit; }
button { width: 100%; margin-top: 1.25rem; padding: 0.75rem; border: 1px solid var(--accent); border-radius: 0.375rem; background: var(--accent); color: var(--paper); font: inherit; font-weight: 600; cursor: pointer; }
h2 { margin: 2.5rem 0 0.75rem; font-size: 1.2rem; line-height: 1.25; }
a { display: inline-block; padding-block: 0.125rem; color: var(--accent); }
.hint { margin: 0 0 0.375rem; font-size: 0.9rem; }
.entries { margin: 0; padding: 0; list-style: none; }
.entries > li { padding: 0.75rem 0; border-top: 1px solid var(--line); }
.entries p { margin: 0; overflow-wrap: anywhere; }
.mark { padding: 0.0625rem 0.5rem; border: 1px solid currentcolor; border-radius: 1rem; font-size: 0.8rem; white-space: nowrap; }
.unseen { position: absolute; width: 1px; height: 1px; padding: 0; border: 0; overflow: hidden; clip-path: inset(50%); }
a.button { display: block; padding: 0.75rem; border-radius: 0.375rem; background: var(--accent); color: var(--paper); font-weight: 600; text-align: center; text-decoration: none; }
button.small { width: auto; margin-top: 0.5rem; padding: 0.5rem 0.75rem; }
button.secondary { margin-top: 0.75rem; background: transparent; color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
[aria-invalid="true"] { border-color: var(--alert); border-width: 2px; }
[role="status"] { padding: 0.75rem; border: 1px solid var(--accent); border-radius: 0.375rem; }
[role="alert"] { padding: 0.75rem; border: 1px solid var(--alert); border-radius: 0.375rem; color: var(--alert); }
`.trimStart();
