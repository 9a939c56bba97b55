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
  userpass: 'with user and password', token: 'with a token', environment: 'with the token of the environment', file: 'with the token file', hub: 'with a token of the hub',
  config: 'with the password in rucio.cfg',
};

/** "Signed in to EULAKE as alice with user and password". */
export function signedInText(displayName: string, { account, method }: SessionInfo): string {
  return [`Signed in to ${displayName}`, account === undefined ? '' : `as ${account}`, method === undefined ? '' : METHODS[method]].filter(Boolean).join(' ');
}

const READY: ReadonlySet<SessionInfo['method']> = new Set(['environment', 'file', 'hub', 'config'] as const);

/** What signing out forgets, and what it leaves. `before`: the session that ended. */
export function signedOutText(displayName: string, before: SessionInfo | undefined, ready: string | undefined): string {
  const who = before?.account === undefined ? '' : ` (${before.account})`;
  const forgotten = before?.method !== undefined && READY.has(before.method)
    ? 'The token is forgotten here'
    : 'Password and token are forgotten, in all windows and in the secret storage';
  const left = ready === undefined ? '' : ` What lies in ${ready} stays there; Sign In takes it again.`;
  return `Signed out of ${displayName}${who}. ${forgotten}.${left} Rules that you made go on.`;
}

/** In a browser, VS Code keeps secrets in that browser. */
export const BROWSER_SECRETS = 'Your sign-in is kept, encrypted, by this browser: in another browser you will be asked again.';
