// A rucio.cfg for Rucio's own client (rucio 41: client/baseclient.py), so that it works in a terminal as the account that is
// signed in here. It reads the token file before anything else and takes it as it is (`auth_token_file_path`); how to sign
// in by itself comes only when the server refuses that token. No password and no token stands in the configuration.
import type { Instance, SessionInfo } from '../types.ts';

/** How the client would sign in by itself. `userpass` without the password: the server refuses the empty one without looking at the user. */
export type ClientSignIn =
  | { readonly type: 'oidc' }
  | { readonly type: 'userpass'; readonly username: string }
  /** `key`: absent where it is in the certificate's file. */
  | { readonly type: 'x509'; readonly certificate: string; readonly key?: string }
  | { readonly type: 'x509_proxy'; readonly proxy?: string }
  | { readonly type: 'ssh'; readonly key: string };

/**
 * `kept`: what the way of signing in keeps for its next time (Way.secret): files and the user name are taken from it, nothing else.
 * Rucio's own tokens are no JWTs: a client told to sign in by OpenID would take any WLCG token that it finds instead.
 */
export function clientSignInOf({ token, account, method }: { readonly token: string; readonly account: string; readonly method: SessionInfo['method'] }, kept: Readonly<Record<string, string>>, proxyFile: string | undefined): ClientSignIn {
  const { certificate, key, username } = kept;
  if (method === 'x509' && certificate !== undefined) return { type: 'x509', certificate, ...(key !== undefined && { key }) };
  if (method === 'ssh' && key !== undefined) return { type: 'ssh', key };
  if (method === 'proxy') return { type: 'x509_proxy', ...(proxyFile !== undefined && { proxy: proxyFile }) };
  const jwt = token.split('.').length === 3 && token.startsWith('eyJ');
  return jwt ? { type: 'oidc' } : { type: 'userpass', username: method === 'userpass' && username !== undefined ? username : account };
}

/** The text of the file. Throws TypeError for a value with a line break: it would be another setting. */
export function clientConfig(instance: Pick<Instance, 'baseUrl' | 'authUrl' | 'caCert' | 'vo'>, { account, tokenFile, signIn }: { readonly account: string; readonly tokenFile: string; readonly signIn: ClientSignIn }): string {
  const values: readonly (readonly [string, string | undefined])[] = [
    ['rucio_host', bare(instance.baseUrl)],
    ['auth_host', bare(instance.authUrl)],
    ['ca_cert', instance.caCert],
    ['vo', instance.vo],
    ['account', account],
    ['auth_type', signIn.type],
    ['auth_token_file_path', tokenFile],
    ...ownSignIn(signIn),
    ['request_retries', '3'],
  ];
  return ['# Written by the VS Code extension Rucio Data Lake for its terminals; written anew at each sign-in.', '[client]', ...values.flatMap(([key, value]) => (value === undefined ? [] : [`${key} = ${escaped(value)}`])), ''].join('\n');
}

function ownSignIn(signIn: ClientSignIn): [string, string | undefined][] {
  switch (signIn.type) {
    case 'oidc': return [];
    case 'userpass': return [['username', signIn.username], ['password', '']];
    case 'x509': return [['client_cert', signIn.certificate], ['client_key', signIn.key ?? signIn.certificate]];
    case 'x509_proxy': return [['client_x509_proxy', signIn.proxy]];
    case 'ssh': return [['ssh_private_key', signIn.key]];
  }
}

/** It joins paths by a slash of its own. */
function bare(url: string): string {
  return url.replace(/\/+$/, '');
}

/** configparser takes % as the beginning of a reference. */
function escaped(value: string): string {
  if (/[\r\n\u0000]/.test(value)) throw new TypeError('a value with a line break');
  return value.replaceAll('%', '%%');
}
