import type { Gone } from './expiring';
import type { PendingLink } from './links';
import type { SignedIn } from './sign-out';
import { type EmulatorUser, nameOf } from './users';

/** What a grant means to a person. */
const LABELS: Record<string, string> = {
  'read.firstname': 'First name',
  'read.lastname': 'Last name',
  'read.patronymic': 'Patronymic',
  'read.date_of_birth': 'Date of birth',
  'read.gender': 'Gender',
  'read.email': 'E-mail address',
  'read.emails': 'All e-mail addresses',
  'read.phone': 'Phone number',
  'read.phones': 'All phone numbers',
  'read.country': 'Country',
  'read.nationality': 'Nationality',
  'read.identifier': 'Identity number (IIN)',
  'read.profile': 'Full profile',
  'read.cards': 'Cards',
  openid: 'Confirm who I am',
};

/** The login page: which app asks, for which grants, and as which user the person signs in. */
export function loginPage(link: PendingLink, users: readonly EmulatorUser[]): string {
  const { origin } = new URL(link.redirectURI);
  return page(
    'Sign in with Freedom ID',
    html`<h1>Sign in with Freedom ID</h1>
      <p><strong>${link.client.clientID}</strong> at <span class="site">${origin}</span> would like to know who you are.</p>
      <form method="post" action="login">
        <input type="hidden" name="track_id" value="${link.trackID}">
        <fieldset>
          <legend>Sign in as</legend>
          ${users.map((user, index) => userChoice(user, index === 0, contactOf(user)))}
        </fieldset>
        <fieldset>
          <legend>Share</legend>
          ${link.grants.length > 0 ? link.grants.map(grantChoice) : html`<p class="note">Nothing besides your Freedom ID.</p>`}
        </fieldset>
        <div class="actions">
          <button name="action" value="continue">Continue</button>
          <button name="action" value="refuse" class="quiet">Refuse</button>
        </div>
      </form>`,
  );
}

const GONE: Record<Gone<PendingLink>['state'], string> = {
  used: 'It was used already: a link is good for one login.',
  expired: 'It has expired: a link is good for ten minutes.',
  unknown: 'The emulator does not know it. Was it restarted since?',
};

/** Shown instead of the login page for a link that is not good. It leads back to the app, if the app is known. */
export function gonePage({ state, value: link }: Gone<PendingLink>): string {
  const title = 'This link is no longer good';
  return page(
    title,
    html`<h1>${title}</h1>
      <p>${GONE[state]} Go back to the app and start again.</p>
      ${link ? backTo(link) : ''}`,
  );
}

/** Links to the start page of the app: the redirect URI itself is no use without its parameters. */
function backTo({ client, redirectURI }: PendingLink): Html {
  const { origin } = new URL(redirectURI);
  return html`<p><a class="button" href="${origin}/">Back to ${client.clientID} at ${origin}</a></p>`;
}

/** The page at the emulator's address. @param base - that address, without a slash at its end */
export function homePage(base: string): string {
  const title = 'Freedom ID emulator';
  return page(
    title,
    html`<h1>${title}</h1>
      <p>It runs. Give your strategy the baseURL ${base}, start a login in your app, and you will be sent here.</p>
      <p><a class="button" href="${base}/account">Sign out of Freedom ID</a></p>`,
  );
}

/** The page where a user signs out of Freedom ID. */
export function accountPage(signedIn: readonly SignedIn[]): string {
  const title = 'Sign out of Freedom ID';
  if (signedIn.length === 0) {
    return messagePage(title, 'Nobody is signed in. Sign in through your app first, and come back.');
  }
  return page(
    title,
    html`<h1>${title}</h1>
      <p>The user's tokens stop working, and each app that has registered a <code>revokeURI</code> is told.</p>
      <form method="post" action="account">
        <fieldset>
          <legend>Who signs out</legend>
          ${signedIn.map(({ user, clientIDs }, index) => userChoice(user, index === 0, `Signed in at ${clientIDs.join(', ')}`))}
        </fieldset>
        <div class="actions">
          <button>Sign out</button>
        </div>
      </form>`,
  );
}

/** A page that only shows a message. */
export function messagePage(title: string, text: string): string {
  return page(title, html`<h1>${title}</h1><p>${text}</p>`);
}

function contactOf({ email, phone, freedom_id }: EmulatorUser): string {
  return [email, phone].find((part) => typeof part === 'string') ?? freedom_id;
}

function userChoice(user: EmulatorUser, checked: boolean, detail: string): Html {
  return html`<label class="choice">
    <input type="radio" name="user" value="${user.freedom_id}" ${checked ? html`checked` : ''} required>
    <span><span class="name">${nameOf(user)}</span><br><span class="note">${detail}</span></span>
  </label>`;
}

function grantChoice(grant: string): Html {
  return html`<label class="choice">
    <input type="checkbox" name="grants" value="${grant}" checked>
    <span>${LABELS[grant] ?? grant} <code>${grant}</code></span>
  </label>`;
}

/** Markup that is safe to put into a page as it is. */
class Html {
  constructor(readonly markup: string) {}
}

/** Escapes every value that is not {@link Html} itself. */
function html(strings: TemplateStringsArray, ...values: (string | Html | Html[])[]): Html {
  return new Html(String.raw({ raw: strings }, ...values.map(toMarkup)));
}

function toMarkup(value: string | Html | Html[]): string {
  if (typeof value === 'string') return value.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
  return Array.isArray(value) ? value.map(toMarkup).join('') : value.markup;
}

const STYLE = new Html(`
  :root { color-scheme: light dark; --ink: #16211b; --paper: #fff; --ground: #eef2ef; --line: #d5ddd8; --soft: #5b6a62; --accent: #14793f; --on-accent: #fff; --warn: #7a4b00; --warn-ground: #fff3d9; }
  @media (prefers-color-scheme: dark) { :root { --ink: #e8efea; --paper: #1a211d; --ground: #101512; --line: #36413a; --soft: #9fb0a6; --accent: #4cc27f; --on-accent: #06210f; --warn: #ffd58a; --warn-ground: #3a2c10; } }
  * { box-sizing: border-box; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
  main { width: 100%; max-width: 28rem; background: var(--paper); border: 1px solid var(--line); border-radius: 1rem; overflow: hidden; }
  .warning { margin: 0; padding: .5rem 1.5rem; background: var(--warn-ground); color: var(--warn); font-size: .875rem; }
  .content { padding: 1.5rem; }
  h1 { margin: 0 0 .5rem; font-size: 1.375rem; line-height: 1.25; }
  p { margin: 0 0 1.25rem; overflow-wrap: anywhere; }
  .content > :last-child { margin-bottom: 0; }
  .site { color: var(--accent); }
  fieldset { margin: 0 0 1.25rem; padding: 0; border: 0; min-width: 0; }
  legend { padding: 0; margin-bottom: .375rem; font-weight: 600; }
  .choice { display: flex; gap: .75rem; align-items: center; padding: .5rem .75rem; margin-bottom: .375rem; border: 1px solid var(--line); border-radius: .625rem; cursor: pointer; overflow-wrap: anywhere; }
  .choice:has(:checked) { border-color: var(--accent); }
  .choice:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: 1px; }
  input { flex: none; width: 1.125rem; height: 1.125rem; margin: 0; accent-color: var(--accent); }
  .name { font-weight: 600; }
  .note, code { color: var(--soft); font-size: .875rem; }
  p.note { margin: 0; }
  .actions { display: flex; gap: .75rem; }
  button, .button { flex: 1; padding: .75rem; border: 1px solid var(--accent); border-radius: .625rem; background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; cursor: pointer; }
  button.quiet { background: none; color: inherit; border-color: var(--line); }
  .button { display: block; text-align: center; text-decoration: none; overflow-wrap: anywhere; }
  :is(button, .button):focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
`);

function page(title: string, content: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} (emulator)</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="warning">Emulator for development. This is not Freedom ID.</p>
<div class="content">${content}</div>
</main>
</body>
</html>
`.markup;
}
