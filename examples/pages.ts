import type { FreedomIdProfile } from 'passport-freedom-id';

/** Of either strategy. Over OpenID Connect it has the claims of the ID token. */
type Profile = FreedomIdProfile & { _claims?: object };

/** The user who looks at a page: undefined if nobody is signed in. */
type User = Profile | undefined;

export function homePage(user: User): string {
  return page(
    'Home',
    user,
    user
      ? html`<h1>Hello, ${nameOf(user)}</h1>
          <p>You are signed in with Freedom ID.</p>
          <p><a class="button" href="/profile">See your profile</a></p>`
      : html`<h1>Welcome</h1>
          <p>This demo app knows you as soon as you sign in with Freedom ID, and forgets you when you sign out.</p>
          <p><a class="button" href="/auth/freedom-id">Sign in with Freedom ID</a></p>`,
  );
}

export function profilePage(user: Profile): string {
  const { _raw, _json, _claims, ...normalized } = user;
  return page(
    'Profile',
    user,
    html`<h1>${nameOf(user)}</h1>
      <div class="columns">
        ${section('Normalized profile', normalized)}
        <div>
          ${section('Raw data from Freedom ID', _json)}
          ${_claims ? section('Claims of the ID token', _claims) : ''}
        </div>
      </div>`,
  );
}

function section(title: string, json: object): Html {
  return html`<section><h2>${title}</h2><pre>${JSON.stringify(json, null, 2)}</pre></section>`;
}

/** For a login that failed, e.g. because the person refused. */
export function failedPage(reason: string, user: User): string {
  const title = user ? 'The login did not work out' : 'You are not signed in';
  return page(
    title,
    user,
    html`${message(title, reason, user)}
      <p><a class="button" href="/auth/freedom-id">Start again</a></p>
      <p><a href="/">Back to the start</a></p>`,
  );
}

/** For errors. */
export function messagePage(title: string, text: string, user: User): string {
  return page(
    title,
    user,
    html`${message(title, text, user)}
      <p><a class="button" href="/">Back to the start</a></p>`,
  );
}

function message(title: string, text: string, user: User): Html {
  return html`<h1>${title}</h1>
    <p>${text}</p>
    ${user ? html`<p>You are still signed in as ${nameOf(user)}.</p>` : ''}`;
}

function nameOf(user: Profile): string {
  return user.displayName || 'Unnamed user';
}

/** Markup that is safe to put into a page as it is. */
class Html {
  constructor(readonly markup: string) {}
}

/** Escapes every value that is not {@link Html} itself. */
function html(strings: TemplateStringsArray, ...values: (string | Html)[]): Html {
  const escaped = (text: string) => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
  return new Html(
    String.raw(
      { raw: strings },
      ...values.map((value) => (value instanceof Html ? value.markup : escaped(value))),
    ),
  );
}

function page(title: string, user: User, content: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: Freedom ID demo</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<a class="brand" href="/">Freedom ID demo</a>
${user ? html`<form method="post" action="/logout"><button class="quiet">Sign out</button></form>` : ''}
</header>
<main>${content}</main>
</body>
</html>
`.markup;
}

const STYLE = new Html(`
  :root { color-scheme: light dark; --ink: #16211b; --paper: #fff; --ground: #f3f6f4; --line: #d5ddd8; --soft: #5b6a62; --accent: #14793f; --on-accent: #fff; }
  @media (prefers-color-scheme: dark) { :root { --ink: #e8efea; --paper: #1a211d; --ground: #101512; --line: #36413a; --soft: #9fb0a6; --accent: #4cc27f; --on-accent: #06210f; } }
  * { box-sizing: border-box; }
  body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
  header { display: flex; justify-content: space-between; align-items: center; gap: 1rem; min-height: 4rem; padding: .5rem 1.5rem; background: var(--paper); border-bottom: 1px solid var(--line); }
  .brand { font-weight: 700; color: inherit; text-decoration: none; }
  main { max-width: 68rem; margin: 0 auto; padding: 2.5rem 1.5rem; }
  h1 { margin: 0 0 .75rem; font-size: 2rem; line-height: 1.2; overflow-wrap: anywhere; }
  h2 { margin: 0 0 .5rem; font-size: 1rem; color: var(--soft); }
  p { margin: 0 0 1.25rem; max-width: 38rem; overflow-wrap: anywhere; }
  a { color: var(--accent); }
  .button, button { display: inline-block; padding: .625rem 1.25rem; border: 1px solid var(--accent); border-radius: .625rem; background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; text-decoration: none; cursor: pointer; }
  button.quiet { background: none; border-color: var(--line); color: inherit; font-weight: 400; padding: .375rem .875rem; }
  :focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
  .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1.5rem; margin-top: 1.5rem; }
  section + section { margin-top: 1.5rem; }
  pre { margin: 0; padding: 1rem; background: var(--paper); border: 1px solid var(--line); border-radius: .625rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; font: .8125rem/1.5 ui-monospace, monospace; }
`);
