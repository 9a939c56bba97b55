// *Sign In* and *Sign Out*, as commands and in the Accounts menu.
import * as vscode from 'vscode';
import { ServiceFailure } from '../../client/client.ts';
import * as protocol from '../../protocol.ts';
import type { Credentials, Instance, SessionInfo } from '../../protocol.ts';
import { registerCommand } from '../commands.ts';
import { authentication, commands } from '../contributions.ts';
import type { UiContext } from '../context.ts';
import { failureWords, toFailure } from '../failures.ts';
import { unlinked } from '../plain.ts';
import { Accounts } from './accounts.ts';
import { askForCredentials } from './dialog.ts';
import { lastAnswer, questions, rememberAnswer } from './handlers.ts';
import { Redirect } from './redirect.ts';
import { WrongTooOften } from './inputBox.ts';
import { goStraight } from './straight.ts';
import { readyToken, signedInText, signedOutText } from './words.ts';

export function registerAuth(ui: UiContext): vscode.Disposable {
  return vscode.Disposable.from(
    registerCommand(ui, commands.signIn, async (argument) => {
      const instance = await pickInstance(ui, argument, 'Sign in to which data lake?');
      if (instance) await signIn(ui, instance, whyOf(argument));
    }),
    registerCommand(ui, commands.signOut, async (argument) => {
      const instance = await pickInstance(ui, argument, 'Sign out of which data lake?');
      if (instance) await signOut(ui, instance);
    }),
  );
}

/** What became of the sign-in before, where a row says so. */
function whyOf(argument: unknown): string | undefined {
  return typeof argument === 'object' && argument !== null && 'failure' in argument && argument.failure ? failureWords(toFailure(argument.failure)).why : undefined;
}

/** An instance's name counts like a tree node that belongs to it. */
function pickInstance(ui: UiContext, argument: unknown, placeHolder: string): Promise<Instance | undefined> {
  return ui.instances.pick(typeof argument === 'string' ? { instance: argument } : argument, placeHolder);
}

/** The sign-ins in VS Code's own Accounts menu. */
export function registerAccounts(ui: UiContext): { readonly accounts: Accounts } & vscode.Disposable {
  const accounts = new Accounts({
    onDidChange: ui.sessions.onDidChange,
    displayNameOf: (name) => ui.instances.get(name)?.displayName ?? name,
    zone: vscode.env.remoteName !== undefined || vscode.env.uiKind === vscode.UIKind.Web,
    signIn: async (name) => {
      if (name !== undefined && !(await ui.instances.all()).some((instance) => instance.name === name)) throw new Error(`There is no Rucio instance “${name}”.`);
      const instance = await pickInstance(ui, name, 'Sign in to which data lake?');
      let session: SessionInfo | undefined;
      try {
        session = instance && await trySignIn(ui, instance);
      } catch (error) {
        void ui.showFailure(error, { instance: instance?.name, retry: () => instance && signIn(ui, instance) });
      }
      if (!session) throw new vscode.CancellationError();
      return session;
    },
    signOut: async (name) => {
      const instance = await pickInstance(ui, name, 'Sign out of which data lake?');
      // Shown by us, with what can be done; VS Code would show the bare words.
      if (instance) await signOut(ui, instance).catch((error: unknown) => void ui.showFailure(error, { instance: name, retry: () => signOut(ui, instance) }));
    },
  });
  const registered = vscode.authentication.registerAuthenticationProvider(authentication.rucio, 'Rucio', accounts, { supportsMultipleAccounts: true });
  return Object.assign(vscode.Disposable.from(registered, accounts), { accounts });
}

async function signIn(ui: UiContext, instance: Instance, reason?: string): Promise<void> {
  try {
    await trySignIn(ui, instance, reason);
  } catch (error) {
    await ui.showFailure(error, { instance: instance.name, retry: () => signIn(ui, instance) });
  }
}

/** undefined = dismissed. */
async function trySignIn(ui: UiContext, instance: Instance, reason?: string): Promise<SessionInfo | undefined> {
  const { name, displayName, account } = instance;
  const ready = readyToken(instance);
  let session: SessionInfo | undefined;
  const attempt = async (credentials?: Credentials): Promise<void> => {
    session = await ui.client.request(protocol.signIn, { instance: name, ...(credentials ? { credentials } : { again: true }) });
  };
  const shown = (credentials?: Credentials): Thenable<void> => vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: `Signing in to ${displayName}` }, () => attempt(credentials));
  try {
    const methods = new Redirect(ui.extension.extension.id).offered(await ui.client.request(protocol.signInMethods, { instance: name }));
    await questions.ask(name, async () => {
      const { last } = lastAnswer(name);
      const [first] = methods;
      let why = reason;
      if ((first === 'code' || first === 'device') && ready === undefined && (last?.method ?? first) === first) {
        const went = await goStraight(name, () => shown({ method: first }));
        if (went.how === 'dismissed') return null;
        if (went.how === 'signedIn') {
          rememberAnswer(name, { method: first });
          return { method: first };
        }
        why = went.why ?? reason;
      }
      const answer = await askForCredentials({
        displayName, methods, ...(why !== undefined && { reason: why }), ...(ready === undefined ? {} : { ready }),
        // Whoever asks for it may want another way this time: the method is a choice, what was typed is kept.
        ...(last ? { known: last } : account === undefined ? {} : { known: { account } }),
        check: (credentials) => wrongWith(attempt(credentials)),
      });
      // What needed no box was not tried yet.
      if (answer !== undefined && !session) await shown(answer === 'ready' ? undefined : answer);
      if (answer === undefined || answer === 'ready') return null;
      rememberAnswer(name, answer);
      return answer;
    });
  } catch (error) {
    throw error instanceof WrongTooOften ? new ServiceFailure({ kind: 'wrongCredentials', what: error.message, next: 'Find out what is right, then sign in again.', actions: ['signIn'] }) : error;
  }
  if (!session) return undefined;
  ui.sessions.set(session);
  vscode.window.setStatusBarMessage(`$(check) ${signedInText(displayName, session)}`, 5000);
  return session;
}

/** What was typed is wrong: said in the box, which asks again. Everything else is no fault of what was typed: thrown. */
async function wrongWith(attempt: Promise<void>): Promise<string | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    const failure = toFailure(error);
    if (failure.kind === 'wrongCredentials' || failure.kind === 'badInput') return failure.what;
    throw error;
  }
}

async function signOut(ui: UiContext, instance: Instance): Promise<void> {
  const { name, displayName } = instance;
  const before = ui.sessions.get(name);
  ui.sessions.set(await ui.client.request(protocol.signOut, { instance: name }));
  void vscode.window.showInformationMessage(unlinked(signedOutText(displayName, before, readyToken(instance))), 'Sign In…')
    .then((chosen) => chosen && vscode.commands.executeCommand(commands.signIn, name));
}
