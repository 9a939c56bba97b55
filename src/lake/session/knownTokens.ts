// Whom a token is for, as its server said at an earlier start: kept by the token's digest beside the journals, so that the next start need not ask
// that before all else. A token that is good no more is refused by the first call made with it, and is forgotten then.
import { createHash } from 'node:crypto';
import fs from 'node:fs';

/** A pod has one or two at a time, each for some hours. */
const MOST = 20;

export class KnownTokens {
  readonly #file: string | undefined;
  readonly #log: (problem: string) => void;
  #read: Map<string, string> | undefined;

  /** Without a file they are known until the end of the service. */
  constructor(file?: string, log: (problem: string) => void = () => undefined) {
    this.#file = file;
    this.#log = log;
  }

  /** `server`: whatever tells two servers apart. */
  accountOf(server: string, token: string): string | undefined {
    return this.#accounts.get(keyOf(server, token));
  }

  remember(server: string, token: string, account: string): void {
    const accounts = this.#accounts;
    const key = keyOf(server, token);
    if (accounts.get(key) === account) return;
    accounts.set(key, account);
    for (const oldest of accounts.keys()) {
      if (accounts.size <= MOST) break;
      accounts.delete(oldest);
    }
    this.#write();
  }

  forget(server: string, token: string): void {
    if (this.#accounts.delete(keyOf(server, token))) this.#write();
  }

  forgetAll(server: string): void {
    const before = this.#accounts.size;
    for (const key of this.#accounts.keys()) if (key.startsWith(beginning(server))) this.#accounts.delete(key);
    if (this.#accounts.size < before) this.#write();
  }

  get #accounts(): Map<string, string> {
    return this.#read ??= new Map(this.#file === undefined ? [] : kept(this.#file));
  }

  #write(): void {
    if (this.#file === undefined) return;
    const fresh = `${this.#file}.${process.pid}`;
    try {
      fs.writeFileSync(fresh, JSON.stringify([...this.#accounts]), { mode: 0o600 });
      fs.renameSync(fresh, this.#file);
    } catch (error) {
      this.#log(`Whom your token is for is asked again at the next start: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

const beginning = (server: string): string => `${server}\n`;

/** Of a token's 256 bits or more nobody comes back from the digest to the token. */
function keyOf(server: string, token: string): string {
  return beginning(server) + createHash('sha256').update(token).digest('hex');
}

function kept(file: string): [string, string][] {
  try {
    const found = JSON.parse(fs.readFileSync(file, 'utf8')) as unknown;
    return Array.isArray(found) ? found.filter((one): one is [string, string] => Array.isArray(one) && one.length === 2 && one.every((text) => typeof text === 'string')) : [];
  } catch {
    return []; // none yet, or damaged: the server is asked
  }
}
