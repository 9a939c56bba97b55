// HTTP third-party copy in pull mode, as FTS does it: the destination fetches from the source; then size and checksum are
// compared. Used by the FTS stand-in.
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import type { ProcessConfig } from './process-config.ts';

export interface Copy {
  readonly source: string;
  readonly destination: string;
  /** Tokens that Rucio sent along; our own where absent. */
  readonly sourceToken?: string | undefined;
  readonly destinationToken?: string | undefined;
  readonly overwrite: boolean;
  readonly bytes?: number | undefined;
  /** ADLER32:… as Rucio writes it */
  readonly checksum?: string | undefined;
}

interface Answer { readonly status: number; readonly headers: Readonly<Record<string, string | string[] | undefined>>; readonly body: string }

/**
 * The https address of a davs PFN. Rucio puts a name into a PFN as it is, so `%`, `#`, `?` and blanks in it are part of
 * the name, not of a URL's syntax.
 */
export function httpsOf(pfn: string): { readonly origin: string; readonly segments: readonly string[] } {
  const found = /^(?:davs|https):\/\/([^/]+)\/(.*)$/s.exec(pfn);
  if (!found) throw new Error(`PROTOCOL not supported: ${pfn}`);
  return { origin: `https://${found[1]}`, segments: (found[2] ?? '').split('/').filter((s) => s !== '').map(encodeURIComponent) };
}

export class TpcClient {
  private readonly agent: https.Agent;
  private readonly tokenUrl: string;
  private readonly audience: string;
  private own = { token: '', until: 0 };

  constructor(config: ProcessConfig) {
    this.agent = new https.Agent({ ca: fs.readFileSync(path.join(config.dir, 'pki', 'ca.pem')), keepAlive: true, maxSockets: 32 });
    this.tokenUrl = `${config.issuer}/token`;
    this.audience = config.host;
  }

  /** Copies one file; the error's message is what FTS would give as the reason. */
  async copy(asked: Copy): Promise<void> {
    const mine = await this.ownToken(); // those of Rucio cover one file each; parent folders need more
    const source = httpsOf(asked.source), destination = httpsOf(asked.destination);
    const sourceUrl = `${source.origin}/${source.segments.join('/')}`, url = `${destination.origin}/${destination.segments.join('/')}`;
    if (!asked.overwrite && (await this.request('HEAD', url, { Authorization: `Bearer ${mine}` })).status === 200) {
      throw new Error('DESTINATION OVERWRITE Destination file exists and overwrite is not enabled');
    }
    await this.makeFolders(destination.origin, destination.segments.slice(0, -1), mine);
    // XRootD 5.5 compares header names with case
    const copied = await this.request('COPY', url, {
      Source: sourceUrl, Authorization: `Bearer ${asked.destinationToken ?? mine}`, TransferHeaderAuthorization: `Bearer ${asked.sourceToken ?? mine}`, Overwrite: 'T', 'X-Number-Of-Streams': '1',
    });
    const last = copied.body.trim().split('\n').at(-1) ?? '';
    if (copied.status >= 300 || !last.startsWith('success')) throw new Error(`TRANSFER [${copied.status}] ${last || 'no answer'}`);
    const made = await this.request('HEAD', url, { Authorization: `Bearer ${mine}`, 'Want-Digest': 'adler32' });
    const bytes = Number(made.headers['content-length']);
    if (asked.bytes !== undefined && asked.bytes !== null && bytes !== Number(asked.bytes)) throw new Error(`DESTINATION size mismatch: ${bytes} is not ${asked.bytes}`);
    const [kind, want] = (asked.checksum ?? '').split(':');
    const got = /adler32=([0-9a-f]+)/i.exec(String(made.headers['digest'] ?? ''))?.[1];
    if (want && kind === 'ADLER32' && parseInt(got ?? '', 16) !== parseInt(want, 16)) throw new Error(`DESTINATION CHECKSUM MISMATCH ${got ?? 'none'} is not ${want}`);
  }

  private async makeFolders(origin: string, segments: readonly string[], token: string): Promise<void> {
    const headers = { Authorization: `Bearer ${token}` };
    if ((await this.request('HEAD', `${origin}/${segments.join('/')}/`, headers)).status === 200) return;
    // the first one is the storage's export; MKCOL of a folder that exists is refused, which does not matter
    for (let n = 2; n <= segments.length; n++) await this.request('MKCOL', `${origin}/${segments.slice(0, n).join('/')}/`, headers);
  }

  private async ownToken(): Promise<string> {
    if (Date.now() < this.own.until) return this.own.token;
    const body = new URLSearchParams({ grant_type: 'client_credentials', audience: this.audience, scope: 'storage.read:/ storage.modify:/' }).toString();
    const got = await this.request('POST', this.tokenUrl, {
      'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': String(Buffer.byteLength(body)), Authorization: `Basic ${Buffer.from('rucio:rucio-secret').toString('base64')}`,
    }, body);
    if (got.status !== 200) throw new Error(`TRANSFER no token from the provider: ${got.status} ${got.body}`);
    const { access_token, expires_in } = JSON.parse(got.body) as { access_token: string; expires_in: number };
    this.own = { token: access_token, until: Date.now() + (expires_in - 120) * 1000 };
    return access_token;
  }

  private request(method: string, url: string, headers: Readonly<Record<string, string>>, body?: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const req = https.request(url, { method, headers, agent: this.agent, timeout: 600_000 }, (res) => {
        const parts: Buffer[] = [];
        res.on('data', (part: Buffer) => parts.push(part));
        res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(parts).toString() }));
        res.on('error', reject);
      });
      req.on('timeout', () => req.destroy(new Error('timed out')));
      req.on('error', reject);
      req.end(body);
    });
  }
}
