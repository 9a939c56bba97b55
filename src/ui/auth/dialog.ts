// Asks a person for credentials: method, then user and password (and another account, if wanted), or a token. Boxes keep
// what was typed, stay open when the focus goes elsewhere, and say what was wrong with the last try.
import * as vscode from 'vscode';
import type { Credentials } from '../../protocol.ts';
import { askInBox, BACK, type CheckedBox, OTHER } from './inputBox.ts';

/** What may be remembered of an answer: nothing secret. */
export interface Remembered {
  readonly method: Credentials['method'];
  readonly username?: string;
  readonly account?: string;
}

export interface CredentialsQuestion {
  readonly displayName: string;
  /** Why it is asked, in the service's words; shown in every step. */
  readonly reason?: string;
  /** Where a ready token would come from, in words; then "take that" is offered first. */
  readonly ready?: string;
  /** The last answer: asked again, only the secret is typed anew. */
  readonly last?: Remembered;
  /** What is filled in beforehand, with the method still to be chosen. */
  readonly known?: Pick<Remembered, 'username' | 'account'>;
  /** Tries them; the words of what is wrong keep the last box open. */
  readonly check?: (credentials: Credentials) => Promise<string | undefined>;
}

type Method = Credentials['method'] | 'ready';
interface MethodItem extends vscode.QuickPickItem { readonly method: Method }

const ANOTHER_ACCOUNT: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('organization'), tooltip: 'For Another Rucio Account…' };

/** 'ready': what lies ready is to be taken. undefined = dismissed. */
export async function askForCredentials(question: CredentialsQuestion): Promise<Credentials | 'ready' | undefined> {
  let again = question.last?.method;
  for (;;) {
    const method = again ?? await askMethod(question);
    if (method === undefined || method === 'ready') return method;
    const credentials = method === 'token' ? await askToken(question) : await askUserAndPassword(question, again !== undefined);
    if (credentials !== BACK) return credentials;
    again = undefined;
  }
}

async function askMethod({ displayName, reason, ready }: CredentialsQuestion): Promise<Method | undefined> {
  const items: MethodItem[] = [
    { label: '$(account) User and password…', method: 'userpass' },
    { label: '$(key) Token…', description: 'paste one that you have', method: 'token' },
  ];
  if (ready !== undefined) items.unshift({ label: '$(file-symlink-file) Token that lies ready', detail: `From ${ready}; taken by itself when it is valid`, method: 'ready' });
  const chosen = await vscode.window.showQuickPick(items, { title: `Sign In to ${displayName}`, placeHolder: reason || 'How do you want to sign in?', ignoreFocusOut: true });
  return chosen?.method;
}

async function askToken(question: CredentialsQuestion): Promise<Credentials | typeof BACK | undefined> {
  const made = (token: string): Credentials => ({ method: 'token', token: token.trim() });
  const value = await askInBox({
    ...step(question, 2, 2), prompt: 'Paste the token. It goes to the lake service only, never to a setting or a file', placeholder: 'Token', password: true,
    problem: (text) => (text.trim() === '' ? 'Paste a token.' : /\s/.test(text.trim()) ? 'A token has no spaces or line ends inside: something else was pasted.' : undefined),
    ...checked(question, made),
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
            problem: (text) => (text === '' ? 'Type your password.' : undefined), ...checked(question, made),
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

function step({ displayName, reason }: CredentialsQuestion, number: number, total: number): Pick<CheckedBox, 'title' | 'step' | 'totalSteps' | 'reason'> {
  return { title: `Sign In to ${displayName}`, step: number, totalSteps: total, ...(reason ? { reason } : {}) };
}

function checked({ check }: CredentialsQuestion, make: (value: string) => Credentials): Pick<CheckedBox, 'check'> {
  return check ? { check: (value) => check(make(value)) } : {};
}
