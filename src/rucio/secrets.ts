// The last line of defence for everything that leaves this process as text (logs, failures): secrets that this process has
// sent, got or been given, and whatever looks like one. Those who write the text have kept them out already.

const HIDDEN = '…';
/** Shorter ones stand in half of all sentences by chance. */
const SHORTEST = 8;
/** Known at one time; the oldest goes. */
const MOST = 200;
/** Names of headers, fields of forms and of JSON whose values are secret. */
const NAME = /(?:token|passw\w*|passphrase|secret|signature|assertion|verifier|authorization|cookie|device_?code)$|^code$/i;

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----[^]*?(?:-----END \1PRIVATE KEY-----|$)/g, `[private key ${HIDDEN}]`],
  // To the end of the line: tokens of Rucio hold spaces and commas, as the names in certificates do.
  [/\b((?:X-Rucio-(?:Auth-Token|Password|SSH-Signature|GSS-Token)|(?:Proxy-)?Authorization|Set-Cookie|Cookie)["']?\s*[:=]\s*["']?)[^\n"']+/gi, `$1${HIDDEN}`],
  [/\bBearer [\w+/=.~-]*[\d._=][\w+/=.~-]*/g, `Bearer ${HIDDEN}`],
  [/\beyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)*/g, `[token ${HIDDEN}]`],
  [/\b((?:password|passwd|passphrase|refresh_token|access_token|id_token|subject_token|client_secret|client_assertion|code_verifier|device_code)=)[^&\s"']+/gi, `$1${HIDDEN}`],
  // Of addresses that are signed for a while: S3, Google Cloud, Swift.
  [/([?&](?:X-(?:Amz|Goog)-(?:Signature|Credential|Security-Token)|Signature|temp_url_sig)=)[^&\s"'<]+/gi, `$1${HIDDEN}`],
  [/([?&]code=)[^&\s"']+/g, `$1${HIDDEN}`],
  [/("(?:password|passwd|passphrase|refresh_?token|access_?token|id_?token|token|client_?secret|code_?verifier)"\s*:\s*")(?:[^"\\]|\\.)*/gi, `$1${HIDDEN}`],
  [/(\/\/[^\s/:@]+:)[^\s/@]+@/g, `$1${HIDDEN}@`],
];

export class Secrets {
  readonly #known = new Set<string>();

  learn(text: string): void {
    if (text.length < SHORTEST) return;
    this.#known.delete(text);
    this.#known.add(text);
    for (const oldest of this.#known) {
      if (this.#known.size <= MOST) break;
      this.#known.delete(oldest);
    }
  }

  /** Of headers, of a form or of an object: the values whose name says that they are secret. */
  learnFrom(fields: Iterable<readonly [string, unknown]>): void {
    for (const [name, value] of fields) if (typeof value === 'string' && NAME.test(name)) this.learn(value.replace(/^(Bearer|Basic|token) /, ''));
  }

  /** What is still in use is learned again with the next call. */
  forget(): void {
    this.#known.clear();
  }

  scrub(text: string): string {
    let clean = text;
    // Longest first: one may be a part of another.
    for (const secret of [...this.#known].filter((one) => text.includes(one)).sort((a, b) => b.length - a.length)) clean = clean.replaceAll(secret, HIDDEN);
    for (const [pattern, instead] of PATTERNS) clean = clean.replace(pattern, instead);
    return clean;
  }
}

/** Of this process. */
export const secrets = new Secrets();
