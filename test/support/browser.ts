/** A browser as far as HTTP goes: it keeps cookies by host, and follows no redirect by itself. */
export class CookieJar {
  private readonly cookies = new Map<string, Map<string, string>>();

  async get(url: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.fetch(url, { headers });
  }

  async post(url: string): Promise<Response> {
    return this.fetch(url, { method: 'POST', headers: {} });
  }

  private async fetch(
    url: string,
    init: { method?: string; headers: Record<string, string> },
  ): Promise<Response> {
    const { host } = new URL(url);
    const jar = this.cookies.get(host) ?? new Map<string, string>();
    this.cookies.set(host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { ...init.headers, cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      jar.set(name, value);
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
