// The ways of signing in, by the name of their method: made from what a person gave, or from what the secret store kept.
import { stat } from 'node:fs/promises';
import { CodeWay } from '../../rucio/auth/code.ts';
import { DeviceWay } from '../../rucio/auth/device.ts';
import { OidcWay } from '../../rucio/auth/oidc.ts';
import { SshWay } from '../../rucio/auth/ssh.ts';
import { checkToken, TokenWay } from '../../rucio/auth/token.ts';
import { signInUserpass, UserpassWay } from '../../rucio/auth/userpass.ts';
import type { SignInContext, Way } from '../../rucio/auth/way.ts';
import { X509Way } from '../../rucio/auth/x509.ts';
import type { Credentials, Instance } from '../types.ts';

/** The calls of sign-in, so that tests can stand in for a server. */
export interface SignInCalls {
  readonly userpass: typeof signInUserpass;
  readonly check: typeof checkToken;
}

export type NamedWay = Way & { readonly method: Credentials['method'] };

type Context = SignInContext & { readonly calls: SignInCalls };

export function wayOf(credentials: Credentials, context: Context): NamedWay {
  return Object.assign(make(credentials, context), { method: credentials.method });
}

function make(credentials: Credentials, context: Context): Way {
  switch (credentials.method) {
    case 'userpass': return new UserpassWay(credentials, context, context.calls.userpass);
    case 'token': return new TokenWay(credentials, context, context.calls.check);
    case 'x509': return new X509Way(credentials, context);
    case 'ssh': return new SshWay(credentials, context);
    case 'code': return new CodeWay(credentials, context);
    case 'device': return new DeviceWay(credentials, context);
    case 'oidc': return new OidcWay(credentials, context);
    case 'proxy': return new X509Way({ ...(credentials.account !== undefined && { account: credentials.account }) }, context);
  }
}

/** Those that this instance and this machine allow, the best first; `code` only in a window to which a browser can come back. A grid proxy is on offer when it is there; a file may be made at any time. */
export async function methodsFor({ authUrl, oidcIssuer }: Pick<Instance, 'authUrl' | 'oidcIssuer'>, { proxyFile }: Pick<Context, 'proxyFile'>): Promise<Credentials['method'][]> {
  const secure = authUrl.startsWith('https:');
  const proxyAt = proxyFile?.();
  const proxy = secure && proxyAt !== undefined && await stat(proxyAt).then((found) => found.isFile(), () => false);
  return [...(oidcIssuer === undefined ? [] : ['code', 'device'] as const), ...(proxy ? ['proxy'] as const : []), 'userpass', 'oidc', ...(secure ? ['x509'] as const : []), 'ssh', 'token'];
}

/** What each kept text must hold. A pasted token is not kept: nothing renews it. */
const KEPT: Readonly<Partial<Record<Credentials['method'], readonly string[]>>> = { userpass: ['username', 'password'], x509: ['certificate'], proxy: [], ssh: ['key', 'account'], oidc: ['token', 'account'], device: ['refreshToken', 'issuer', 'clientId'], code: ['refreshToken', 'issuer', 'clientId'] };

/** What goes to the secret store; null = nothing. */
export function secretOf(way: NamedWay): string | null {
  const secret = way.secret();
  return secret && JSON.stringify({ method: way.method, ...secret });
}

/** What is not ours is as good as nothing. */
export function rememberedWay(text: string, context: Context): NamedWay | undefined {
  try {
    const value = JSON.parse(text) as Readonly<Record<string, string>> | null;
    const needed = value && Object.values(value).every((one) => typeof one === 'string') ? KEPT[value['method'] as Credentials['method']] : undefined;
    // Checked against what the method needs; what it does not know is not read.
    return needed?.every((key) => value?.[key] !== undefined) ? wayOf(value as unknown as Credentials, context) : undefined;
  } catch {
    return undefined; // written by something else
  }
}
