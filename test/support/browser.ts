/** Where a browser ends up. */
export interface Page {
  url: string;
  status: number;
  text: string;
}

/** Browsers drop a cookie that is larger, and keep the one that they had. */
const MAX_COOKIE = 4096;

/** A browser as far as HTTP goes: it keeps cookies by host, and follows redirects only where it is told to. */
export class CookieJar {
  private readonly cookies = new Map<string, Map<string, string>>();

  /** Another browser that has got hold of the same cookies. */
  copy(): CookieJar {
    const copy = new CookieJar();
    for (const [host, jar] of this.cookies) copy.cookies.set(host, new Map(jar));
    return copy;
  }

  /** The value of the header `Cookie` for a URL. */
  cookiesFor(url: string): string {
    const jar = this.cookies.get(new URL(url).host) ?? new Map<string, string>();
    return [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  async get(url: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch(url, { headers });
  }

  async head(url: string): Promise<Response> {
    return this.fetch(url, { method: 'HEAD', headers: {} });
  }

  async post(url: string, fields = new URLSearchParams()): Promise<Response> {
    return this.fetch(url, { method: 'POST', headers: {}, body: fields });
  }

  /** Goes to a URL, and on to the page at the end of its redirects. */
  async visit(url: string): Promise<Page> {
    return this.follow(url, await this.get(url));
  }

  /** Sends a form, and goes on to the page at the end of its redirects. */
  async submit(url: string, fields?: URLSearchParams): Promise<Page> {
    return this.follow(url, await this.post(url, fields));
  }

  private async follow(url: string, response: Response): Promise<Page> {
    const location = response.headers.get('location');
    if (location !== null) return this.visit(new URL(location, url).href);
    return { url, status: response.status, text: await response.text() };
  }

  private async fetch(
    url: string,
    init: { method?: string; headers: Record<string, string>; body?: URLSearchParams },
  ): Promise<Response> {
    const { host } = new URL(url);
    const jar = this.cookies.get(host) ?? new Map<string, string>();
    this.cookies.set(host, jar);
    const cookie = this.cookiesFor(url);
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { ...init.headers, cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [pair, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (pair && pair.length <= MAX_COOKIE) jar.set(name, value);
    }
    return response;
  }
}

/** Where a response sends the browser. */
export function locationOf(response: Response): string {
  const location = response.headers.get('location');
  if (response.status !== 302 || location === null)
    throw new Error(`no redirect, but HTTP ${response.status}`);
  return location;
}
