// The words around signing in and out. Nothing secret ever comes in here.
import type { Instance, SessionInfo } from '../../protocol.ts';

/** Where a ready token or password would come from; undefined when this instance names no place for one. */
export function readyToken({ tokenEnv, tokenFile, passwordFile }: Pick<Instance, 'tokenEnv' | 'tokenFile' | 'passwordFile'>): string | undefined {
  if (tokenFile !== undefined) return `the file ${tokenFile}`;
  if (tokenEnv !== undefined) return `the environment variable ${tokenEnv}`;
  if (passwordFile !== undefined) return `the file ${passwordFile}`;
  return undefined;
}

const METHODS: Readonly<Record<NonNullable<SessionInfo['method']>, string>> = {
  userpass: 'with user and password', token: 'with a token', x509: 'with a certificate', proxy: 'with a grid proxy', ssh: 'with an SSH key', oidc: 'in the browser', device: 'in the browser', code: 'in the browser', environment: 'with the token of the environment', file: 'with the token file', hub: 'with a token of the hub',
  config: 'with the password in rucio.cfg',
};

const HERE = 'The token is forgotten here';
const EVERYWHERE = 'in all windows and in the secret storage';
const PROVIDER = `The tokens are forgotten, ${EVERYWHERE}, and the provider was told, where it wants to know`;
const FORGOTTEN: typeof METHODS = {
  userpass: `Password and token are forgotten, ${EVERYWHERE}`, token: HERE, environment: HERE, file: HERE, hub: HERE, config: HERE,
  x509: `Token, passphrase and the place of the certificate are forgotten, ${EVERYWHERE}; its files stay`, proxy: `${HERE}; the grid proxy stays`, ssh: `Token, passphrase and the place of the key are forgotten, ${EVERYWHERE}; its file stays`,
  oidc: `The token is forgotten, ${EVERYWHERE}`, device: PROVIDER, code: PROVIDER,
};

/** Where the instance names no place: what is not ours, and so stays. */
const PLACES: Readonly<Partial<typeof METHODS>> = {
  environment: 'The variable with the token stays', file: 'The token file stays', hub: 'The hub, its token files and your sign-in there stay', config: 'The password in rucio.cfg stays',
};

/** "Signed in to EULAKE as alice with user and password". */
export function signedInText(displayName: string, { account, method }: SessionInfo): string {
  return [`Signed in to ${displayName}`, account === undefined ? '' : `as ${account}`, method === undefined ? '' : METHODS[method]].filter(Boolean).join(' ');
}

/** What signing out forgets, and what it leaves. `before`: the session that ended. */
export function signedOutText(displayName: string, before: SessionInfo | undefined, ready: string | undefined): string {
  const who = before?.account === undefined ? '' : ` (${before.account})`;
  const forgotten = FORGOTTEN[before?.method ?? 'userpass'];
  const place = ready === undefined ? PLACES[before?.method ?? 'userpass'] : `What lies in ${ready} stays there`;
  const left = place === undefined ? '' : ` ${place}: it signs you in again when you choose Sign In, or when the lake service starts anew.`;
  return `Signed out of ${displayName}${who}. ${forgotten}.${left} Rules that you made go on.`;
}

/** In a browser, VS Code keeps secrets in that browser. Of a notification without buttons only one line is shown. */
export const BROWSER_SECRETS = 'Your sign-in is kept, encrypted, by this browser alone.';

/** In the Accounts menu: "alice @ EULAKE, until 14:30"; with the day where it is not today. `expiresAt`: ms since 1970. */
export function accountLabel(account: string, displayName: string, expiresAt: number | undefined, { now, zone }: { readonly now: number; readonly zone: boolean }): string {
  const who = `${account} @ ${displayName}`;
  if (expiresAt === undefined || !(Math.abs(expiresAt) <= 8.64e15)) return who;
  const end = new Date(expiresAt);
  const day: Intl.DateTimeFormatOptions = end.toDateString() === new Date(now).toDateString() ? {} : { day: 'numeric', month: 'short', ...(end.getFullYear() !== new Date(now).getFullYear() && { year: 'numeric' }) };
  return `${who}, until ${new Intl.DateTimeFormat('en-GB', { ...day, hour: '2-digit', minute: '2-digit', ...(zone && { timeZoneName: 'short' }) }).format(end)}`;
}

/** What is asked before a page is opened. */
export function pageWords({ displayName, host, userCode }: { readonly displayName: string; readonly host: string; readonly userCode?: string }): { readonly message: string; readonly detail: string; readonly open: string; readonly waiting: string } {
  return userCode === undefined
    ? { message: `Sign in to ${displayName} in your browser`, detail: `A page of ${host} will open. Sign in there; the editor waits for you.`, open: 'Open', waiting: `Waiting until you are signed in at ${host}` }
    : { message: `Your code is ${userCode}`, detail: `A page of ${host} will open. Enter the code there to sign in to ${displayName}; the editor waits for you.`, open: 'Copy & Open', waiting: `Waiting until you have entered the code ${userCode} at ${host}` };
}
