// What all ways of signing in have in common: what they give, whom they may ask, and how a session uses them.
import type { Identity } from '../authorities.ts';
import { RucioError } from '../errors.ts';
import { checkTexts } from '../rows.ts';
import type { Transport } from '../transport.ts';

export interface Grant {
  readonly token: string;
  readonly account: string;
  /** ms since 1970; undefined when nobody said. */
  readonly expiresAt?: number;
}

/** A page on which a person signs in, in a browser. */
export interface Page {
  /** http or https. */
  readonly url: string;
  /** To be typed there. */
  readonly userCode?: string;
  /** Who asks for it there: "iam.example.org". */
  readonly host: string;
}

/** Each may be answered by nobody: null. */
export interface People {
  readonly chooseAccount?: ((accounts: readonly string[]) => Promise<string | null>) | undefined;
  /** `file` is the key's. `problem` says what was wrong with the last one. */
  readonly passphrase?: ((file: string, problem?: string) => Promise<string | null>) | undefined;
  /** Shows the page until `signal`; ends before it when the person gives up or when nobody can be shown anything. */
  readonly openPage?: ((page: Page, signal: AbortSignal) => Promise<void>) | undefined;
  /** The address by which a browser comes back to the person's editor; null where it can't. */
  readonly redirectAddress?: (() => Promise<string | null>) | undefined;
  /** The query with which it comes back, by its fields; `state` tells for whom. */
  readonly answer?: ((state: string, signal: AbortSignal) => Promise<ReadonlyMap<string, string>>) | undefined;
}

export interface SignInContext {
  readonly transport: Transport;
  readonly people: People;
  /** As the instance is configured; a person may want another. */
  readonly account?: string | undefined;
  /** Where a grid proxy would lie; another place when a later client says so. */
  readonly proxyFile?: (() => string | undefined) | undefined;
  /** The provider and our public client there, for ways that need no Rucio; what to ask it for, where the usual is not right. */
  readonly oidc?: { readonly issuer?: string | undefined; readonly clientId?: string | undefined; readonly scope?: string | undefined; readonly audience?: string | undefined } | undefined;
}

/** One way of signing in, with what it was given and got. */
export interface Way {
  /**
   * With people around. Throws RucioError wrongCredentials or badInput for what may be corrected and tried again, cancelled or
   * signInNeeded when the person gave up.
   */
  signIn(signal?: AbortSignal): Promise<Grant>;
  /** Another token without asking anybody anything; absent where there is none to be had. Throws like signIn, with a sentence that says why a person is needed. */
  renew?(refused: string | undefined, signal?: AbortSignal): Promise<Grant>;
  /** For the client's secret store, so that the next start can renew; null = nothing. May be another after each of the above. */
  secret(): Readonly<Record<string, string>> | null;
  /** Of what lies elsewhere and is sent with the secret: another text when it is another. */
  version?(): Promise<string>;
  /** A person signed out, and all is forgotten here: what else there is to be ended. */
  end?(): Promise<void>;
  /** The certificate that it signs in with, for storages that want to see one too. */
  identity?(): Promise<Identity>;
  /** The token can be renewed only while it is still good: not when the next call happens to come. */
  readonly whileGood?: boolean;
}

export type AccountAnswer = Grant | { readonly accounts: readonly string[] };

/** The answer of /auth/userpass and /auth/x509: a token in the headers, or 206 with the accounts to choose from (rucio 41: web/rest/flaskapi/v1/auth.py). */
export function grantIn(answer: { readonly status: number; readonly text: string; header(name: string): string | null }, transport: Transport, request: string): { readonly token: string; readonly account?: string; readonly expiresAt?: number } | { readonly accounts: readonly string[] } {
  if (answer.status === 206) return { accounts: accountsOf(answer.text, answer.header('X-Rucio-Auth-Accounts'), request) };
  const token = answer.header('X-Rucio-Auth-Token');
  if (answer.status !== 200 || !token) throw new RucioError('notRucio', `${transport.host} gave no token (status ${answer.status}): it is no Rucio server, or something on the way took it out.`, { status: answer.status, request, subject: transport.host });
  const expires = Date.parse(answer.header('X-Rucio-Auth-Token-Expires') ?? '');
  const account = answer.header('X-Rucio-Auth-Account');
  return { token, ...(account !== null && { account }), ...(!Number.isNaN(expires) && { expiresAt: expires }) };
}

/** Signs in for `account`; where the identity has several and none was named, the person chooses. */
export async function forOneAccount(sign: (account: string | undefined) => Promise<AccountAnswer>, account: string | undefined, { chooseAccount }: People): Promise<Grant> {
  const answer = await sign(account);
  if (!('accounts' in answer)) return answer;
  const chosen = await chooseAccount?.(answer.accounts);
  if (!chosen) throw new RucioError('signInNeeded', `This user has several accounts (${answer.accounts.join(', ')}), and none was chosen.`);
  const second = await sign(chosen);
  if ('accounts' in second) throw new RucioError('notRucio', 'The server asked for an account twice.');
  return second;
}

/** Headers hold Latin-1 and no line breaks; the server compares what it gets, so nothing may be changed on the way. */
export function headerValue(what: string, text: string): string {
  if (text === '') throw new RucioError('badInput', `The ${what} is missing.`);
  if (!/^[\x20-\x7e\x80-\xff]+$/.test(text)) throw new RucioError('badInput', `The ${what} holds a character that Rucio can't take in a sign-in (it is sent in a header: Latin letters, digits and punctuation).`);
  return text;
}

/** The body is the list; the header has it with commas. */
function accountsOf(body: string, header: string | null, request: string): string[] {
  let list: unknown;
  try {
    list = JSON.parse(body);
  } catch {
    // Some front ends drop bodies of 206: the header says the same.
    list = header?.split(',').map((account) => account.trim());
  }
  return checkTexts(list, request);
}
