// What a person's browser does with an address of a sign-in: follows every redirect, keeps cookies. The lake's provider
// shows no page for a password, so the visit ends where the sign-in ends.
import { secure, type Reply } from './client.ts';
import type { LakeInfo } from './info.ts';

/** `as`: whom the provider takes the person for; else alice. `fronts`: origins that a site's front leads to another. */
export async function visit(lake: LakeInfo, address: string, as?: string, fronts: Readonly<Record<string, string>> = {}): Promise<Reply & { readonly url: string }> {
  const jar = new Map<string, Map<string, string>>();
  let url = new URL(address);
  for (let hops = 0; hops < 20; hops++) {
    // Another program's address: the browser hands it over.
    if (!url.protocol.startsWith('http')) return { status: 0, headers: new Headers(), text: '', url: url.href };
    const inner = fronts[url.origin];
    if (inner !== undefined) url = new URL(url.pathname + url.search, inner);
    if (url.pathname === '/auth' && url.origin === lake.idp.issuer) {
      if (as !== undefined) url.searchParams.set('login_hint', as);
      // Rucio does not ask for a consent; this provider gives refresh tokens with one only, unlike those of real communities.
      url.searchParams.set('prompt', 'consent');
    }
    const cookies = [...jar.get(url.host) ?? []].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { Accept: 'text/html', ...(cookies && { Cookie: cookies }) };
    const reply = url.protocol === 'https:' ? await secure(lake, url.href, { headers }) : await plain(url.href, headers);
    for (const cookie of reply.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      const kept = jar.get(url.host) ?? new Map<string, string>();
      jar.set(url.host, value === '' ? (kept.delete(name), kept) : kept.set(name, value));
    }
    const to = reply.headers.get('Location');
    if (reply.status < 300 || reply.status >= 400 || to === null) return { ...reply, url: url.href };
    url = new URL(to, url);
  }
  throw new Error(`sent round in circles, last to ${url.href}`);
}

async function plain(url: string, headers: Record<string, string>): Promise<Reply> {
  const reply = await fetch(url, { headers, redirect: 'manual' });
  return { status: reply.status, headers: reply.headers, text: await reply.text() };
}
