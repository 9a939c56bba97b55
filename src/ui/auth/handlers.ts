// What the window does for the lake service: keeps its secrets in the editor's secret storage, and puts its questions to
// the person. Nothing secret goes to the log, to a setting or to a Memento.
import * as vscode from 'vscode';
import type { ClientHandlers } from '../../client/client.ts';
import type { Credentials } from '../../protocol.ts';
import { remembered, type CredentialsQuestion, type Remembered } from './credentials.ts';
import { askForCredentials } from './dialog.ts';
import { openPage } from './page.ts';
import { Questions } from './questions.ts';
import type { Redirect } from './redirect.ts';
import { anotherWay } from './straight.ts';
import { BROWSER_SECRETS } from './words.ts';

export type AskForCredentials = (question: CredentialsQuestion) => Promise<Credentials | 'ready' | undefined>;

type Log = Pick<vscode.LogOutputChannel, 'warn'>;

/** The screen of this window: the questions of the service and those of *Sign In* share it. */
export const questions = new Questions<Credentials>();

/** How each instance was last signed in to in this window, by name: not to be typed again. */
const answers = new Map<string, Remembered>();

export const lastAnswer = (instance: string): Pick<CredentialsQuestion, 'last'> => {
  const last = answers.get(instance);
  return last ? { last } : {};
};

export function rememberAnswer(instance: string, credentials: Credentials): void {
  answers.set(instance, remembered(credentials));
}

export function clientHandlers(extension: vscode.ExtensionContext, log: Log, redirect: Redirect): AuthHandlers {
  return new AuthHandlers(extension.secrets, log, { redirect, onStored: () => sayOnceWhereSecretsAre(extension) });
}

interface HandlerOptions {
  readonly onStored?: () => void;
  readonly ask?: AskForCredentials;
  readonly redirect?: Redirect;
  readonly open?: typeof openPage;
}

export class AuthHandlers implements ClientHandlers {
  readonly #secrets: vscode.SecretStorage;
  readonly #log: Log;
  readonly #onStored: () => void;
  readonly #ask: AskForCredentials;
  readonly #redirect: Redirect | undefined;
  readonly #openPage: typeof openPage;

  constructor(secrets: vscode.SecretStorage, log: Log, { onStored = () => undefined, ask = askForCredentials, redirect, open = openPage }: HandlerOptions = {}) {
    this.#secrets = secrets;
    this.#log = log;
    this.#onStored = onStored;
    this.#ask = ask;
    this.#redirect = redirect;
    this.#openPage = open;
  }

  /** A storage that does not answer is one that holds nothing: then a person is asked. */
  async getSecret(key: string): Promise<string | null> {
    try {
      return await this.#secrets.get(storageKey(key)) ?? null;
    } catch {
      this.#log.warn('The secret storage of this editor could not be read.'); // its own words may quote what it holds
      return null;
    }
  }

  async storeSecret(key: string, value: string | null): Promise<void> {
    try {
      if (value === null) return await this.#secrets.delete(storageKey(key));
      await this.#secrets.store(storageKey(key), value);
      this.#onStored();
    } catch {
      this.#log.warn('The secret storage of this editor could not be written: a sign-in lasts as long as the lake service runs.'); // as above
    }
  }

  askCredentials({ instance, displayName, reason, methods }: { instance: string; displayName: string; reason: string; methods: readonly Credentials['method'][] }): Promise<Credentials | null> {
    return questions.ask(instance, async () => {
      const answer = await this.#ask({ displayName, reason, methods: this.#redirect?.offered(methods) ?? methods, ...lastAnswer(instance) });
      if (answer === undefined || answer === 'ready') return null;
      rememberAnswer(instance, answer);
      return answer;
    });
  }

  askAccount({ instance, accounts }: { instance: string; accounts: readonly string[] }): Promise<string | null> {
    const ask = async (): Promise<string | null> =>
      await vscode.window.showQuickPick([...accounts], { title: 'Sign In: Which Account?', placeHolder: 'You have several Rucio accounts', ignoreFocusOut: true }) ?? null;
    return inTheMiddle(instance, ask);
  }

  openUrl(page: { instance: string; displayName: string; url: string; host: string; userCode?: string }, signal: AbortSignal): Promise<boolean> {
    return this.#openPage(page, signal, anotherWay(page.instance));
  }

  async redirectAddress(): Promise<string | null> {
    return await this.#redirect?.address() ?? null;
  }

  askPassphrase({ instance, displayName, file, problem }: { instance: string; displayName: string; file: string; problem?: string }): Promise<string | null> {
    return inTheMiddle(instance, async () => await vscode.window.showInputBox({
      title: `Sign In to ${displayName}`, prompt: `${problem === undefined ? '' : `${problem} `}Passphrase of the key ${file}`, placeHolder: 'Passphrase', password: true, ignoreFocusOut: true,
    }) ?? null);
  }
}

/** In the middle of a sign-in a question belongs to the box on the screen, which waits for it. */
function inTheMiddle<T>(instance: string, ask: () => Promise<T>): Promise<T> {
  return questions.current === instance ? ask() : questions.inTurn(instance, ask);
}

/** By prefix, so that they can be told from what else the extension may keep there. */
const storageKey = (key: string): string => `session.${key}`;

const TOLD = 'rucio.toldWhereSecretsAre';

function sayOnceWhereSecretsAre({ globalState }: vscode.ExtensionContext): void {
  if (vscode.env.uiKind !== vscode.UIKind.Web || globalState.get(TOLD)) return;
  void globalState.update(TOLD, true);
  void vscode.window.showInformationMessage(BROWSER_SECRETS);
}
