// Sign-in with a user name and a password (rucio 41: web/rest/flaskapi/v1/auth.py, UserPass).
import { RucioError } from '../errors.ts';
import { checkTexts } from '../rows.ts';
import type { Transport } from '../transport.ts';
import { checkToken } from './token.ts';

/**
 * A token for `account`, or for the identity's only or default one. `{accounts}`: the identity has several and no default; ask which, and call again.
 * `expiresAt` in ms since 1970. Throws RucioError wrongCredentials when the server does not take them (an account that is not theirs too).
 */
export async function signInUserpass(
  transport: Transport,
  { username, password, account }: { username: string; password: string; account?: string },
  signal?: AbortSignal,
): Promise<{ token: string; account: string; expiresAt?: number } | { accounts: readonly string[] }> {
  const headers = {
    'X-Rucio-Username': headerValue('user name', username),
    'X-Rucio-Password': headerValue('password', password),
    ...(account !== undefined && { 'X-Rucio-Account': headerValue('account', account) }),
  };
  const answer = await transport.raw({ path: '/auth/userpass', headers, signIn: true, signal });
  if (answer.status === 206) return { accounts: accountsOf(answer.text, answer.header('X-Rucio-Auth-Accounts')) };
  const token = answer.header('X-Rucio-Auth-Token');
  if (answer.status !== 200 || !token) throw new RucioError('notRucio', `${transport.host} gave no token (status ${answer.status}): it is no Rucio server, or something on the way took it out.`, { status: answer.status, request: 'GET /auth/userpass', subject: transport.host });
  const expires = Date.parse(answer.header('X-Rucio-Auth-Token-Expires') ?? '');
  return {
    token,
    account: answer.header('X-Rucio-Auth-Account') ?? account ?? (await checkToken(transport, token, signal)).account,
    ...(!Number.isNaN(expires) && { expiresAt: expires }),
  };
}

/** The body is the list; the header has it with commas. */
function accountsOf(body: string, header: string | null): string[] {
  let list: unknown;
  try {
    list = JSON.parse(body);
  } catch {
    // Some front ends drop bodies of 206: the header says the same.
    list = header?.split(',').map((account) => account.trim());
  }
  return checkTexts(list, 'GET /auth/userpass');
}

/** Headers hold Latin-1 and no line breaks; the server compares what it gets, so nothing may be changed on the way. */
function headerValue(what: string, text: string): string {
  if (text === '') throw new RucioError('badInput', `The ${what} is missing.`);
  if (!/^[\x20-\x7e\x80-\xff]+$/.test(text)) throw new RucioError('badInput', `The ${what} holds a character that Rucio can't take in a sign-in (it is sent in a header: Latin letters, digits and punctuation).`);
  return text;
}
