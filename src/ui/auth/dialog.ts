// Asks a person for credentials: the way of signing in, then what that one needs. Boxes keep what was typed, stay open
// when the focus goes elsewhere, and say what was wrong with the last try.
import * as vscode from 'vscode';
import type { Credentials } from '../../protocol.ts';
import { askCertificate } from './certificate.ts';
import { askSshKey } from './sshKey.ts';
import type { CredentialsQuestion } from './credentials.ts';
import { askInBox, BACK, checked, type CheckedBox, OTHER, step } from './inputBox.ts';

type Method = Credentials['method'] | 'ready';
interface MethodItem extends vscode.QuickPickItem { readonly method: Method }

const ANOTHER_ACCOUNT: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('organization'), tooltip: 'For Another Rucio Account…' };

const ITEMS: Readonly<Record<Credentials['method'], Omit<MethodItem, 'method'>>> = {
  userpass: { label: '$(account) User and password…' },
  token: { label: '$(key) Token…', description: 'paste one that you have' },
  code: { label: '$(globe) Browser that comes back here (OpenID)…', description: 'your institute\'s log-in page' },
  device: { label: '$(globe) Browser with a code (OpenID)…', description: 'your institute\'s log-in page' },
  oidc: { label: '$(globe) Browser (OpenID)…', description: 'your institute\'s log-in page, through Rucio' },
  x509: { label: '$(shield) Certificate…', description: 'X.509, with its key' },
  ssh: { label: '$(key) SSH key…', description: 'RSA, registered for your account' },
  proxy: { label: '$(shield) Grid proxy', description: 'the one that lies here' },
};

/** 'ready': what lies ready is to be taken. undefined = dismissed. */
export async function askForCredentials(question: CredentialsQuestion): Promise<Credentials | 'ready' | undefined> {
  // What is done without another box would be done again and again without anybody.
  let again = question.last && !BOXLESS.has(question.last.method) ? question.last.method : undefined;
  for (;;) {
    const method = again ?? await askMethod(question);
    if (method === undefined || method === 'ready') return method;
    const credentials = await ASK[method](question, again !== undefined);
    if (credentials !== BACK) return credentials;
    again = undefined;
  }
}

/** undefined = dismissed. */
type Ask = (question: CredentialsQuestion, again: boolean) => Promise<Credentials | typeof BACK | undefined>;
const ASK: Readonly<Record<Credentials['method'], Ask>> = { userpass: askUserAndPassword, token: askToken, x509: askCertificate, ssh: askSshKey, proxy: async () => ({ method: 'proxy' }), oidc: async () => ({ method: 'oidc' }), device: async () => ({ method: 'device' }), code: async () => ({ method: 'code' }) };
/** Those that need nothing typed, and so were not checked when they come back. */
const BOXLESS: ReadonlySet<Credentials['method']> = new Set(['proxy', 'oidc', 'device', 'code']);

async function askMethod({ displayName, reason, ready, methods }: CredentialsQuestion): Promise<Method | undefined> {
  const items: MethodItem[] = methods.map((method) => ({ ...ITEMS[method], method }));
  if (ready !== undefined) items.unshift({ label: '$(file-symlink-file) Token that lies ready', detail: `From ${ready}; taken by itself when it is valid`, method: 'ready' });
  const chosen = await vscode.window.showQuickPick(items, { title: `Sign In to ${displayName}`, placeHolder: reason || 'How do you want to sign in?', ignoreFocusOut: true });
  return chosen?.method;
}

async function askToken(question: CredentialsQuestion): Promise<Credentials | typeof BACK | undefined> {
  const made = (token: string): Credentials => ({ method: 'token', token: token.trim() });
  const value = await askInBox({
    ...step(question, 2, 2), prompt: 'Paste the token. It goes to the lake service only, never to a setting or a file', placeholder: 'Token', password: true,
    problem: (text) => (text.trim() === '' ? 'Paste a token.' : /\s/.test(text.trim()) ? 'A token has no spaces or line ends inside: something else was pasted.' : undefined),
    ...checked(question.check, made),
  });
  return typeof value === 'string' ? made(value) : value === BACK ? BACK : undefined;
}

/** Back goes to the step before, which still has what was typed there. */
async function askUserAndPassword(question: CredentialsQuestion, again: boolean): Promise<Credentials | typeof BACK | undefined> {
  let username = (question.last ?? question.known)?.username ?? '';
  let account = (question.last ?? question.known)?.account ?? '';
  let at: 'username' | 'account' | 'password' = again && username !== '' ? 'password' : 'username';
  for (;;) {
    const made = (password: string): Credentials => ({ method: 'userpass', username, password, ...(account === '' ? {} : { account }) });
    const box: CheckedBox = at === 'username'
      ? { ...step(question, 2, 3), prompt: 'User name', value: username, problem: (text) => (text.trim() === '' ? 'Type your user name.' : undefined) }
      : at === 'account'
        ? { ...step(question, 3, 3), prompt: 'Rucio account, if it is not your usual one', placeholder: 'Empty: the usual one', value: account }
        : {
            ...step(question, 3, 3), prompt: `Password of ${username}${account === '' ? '' : `, for the account ${account}`}`, placeholder: 'Password', password: true, other: ANOTHER_ACCOUNT,
            problem: (text) => (text === '' ? 'Type your password.' : undefined), ...checked(question.check, made),
          };
    const value = await askInBox(box);
    if (value === undefined) return undefined;
    if (value === BACK && at === 'username') return BACK;
    if (at === 'password') {
      if (typeof value === 'string') return made(value);
      at = value === OTHER ? 'account' : 'username';
    } else {
      if (typeof value === 'string' && at === 'username') username = value.trim();
      if (typeof value === 'string' && at === 'account') account = value.trim();
      at = 'password';
    }
  }
}
