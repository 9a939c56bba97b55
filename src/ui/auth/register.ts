// *Sign In* and *Sign Out*.
import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import type { Credentials, Instance, SessionInfo } from '../../protocol.ts';
import { registerCommand } from '../commands.ts';
import { commands } from '../contributions.ts';
import type { UiContext } from '../context.ts';
import { toFailure } from '../failures.ts';
import { unlinked } from '../plain.ts';
import { askForCredentials } from './dialog.ts';
import { lastAnswer, questions, rememberAnswer } from './handlers.ts';
import { WrongTooOften } from './inputBox.ts';
import { readyToken, signedInText, signedOutText } from './words.ts';

export function registerAuth(ui: UiContext): vscode.Disposable {
  return vscode.Disposable.from(
    registerCommand(ui, commands.signIn, async (argument) => {
      const instance = await pickInstance(ui, argument, 'Sign in to which data lake?');
      if (instance) await signIn(ui, instance);
    }),
    registerCommand(ui, commands.signOut, async (argument) => {
      const instance = await pickInstance(ui, argument, 'Sign out of which data lake?');
      if (instance) await signOut(ui, instance);
    }),
  );
}

/** An instance's name counts like a tree node that belongs to it. */
function pickInstance(ui: UiContext, argument: unknown, placeHolder: string): Promise<Instance | undefined> {
  return ui.instances.pick(typeof argument === 'string' ? { instance: argument } : argument, placeHolder);
}

async function signIn(ui: UiContext, instance: Instance): Promise<void> {
  const { name, displayName, account } = instance;
  const ready = readyToken(instance);
  let session: SessionInfo | undefined;
  const attempt = async (credentials?: Credentials): Promise<void> => {
    session = await ui.client.request(protocol.signIn, { instance: name, ...(credentials ? { credentials } : { again: true }) });
  };
  try {
    const methods = await ui.client.request(protocol.signInMethods, { instance: name });
    await questions.ask(name, async () => {
      const { last } = lastAnswer(name);
      const answer = await askForCredentials({
        displayName, methods, ...(ready === undefined ? {} : { ready }),
        // Whoever asks for it may want another way this time: the method is a choice, what was typed is kept.
        ...(last ? { known: last } : account === undefined ? {} : { known: { account } }),
        check: (credentials) => wrongWith(attempt(credentials)),
      });
      // What needed no box was not tried yet.
      if (answer !== undefined && !session) await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: `Signing in to ${displayName}` }, () => attempt(answer === 'ready' ? undefined : answer));
      if (answer === undefined || answer === 'ready') return null;
      rememberAnswer(name, answer);
      return answer;
    });
  } catch (error) {
    const failure = error instanceof WrongTooOften ? { kind: 'wrongCredentials', what: error.message, next: 'Find out what is right, then sign in again.', actions: ['signIn'] } satisfies protocol.Failure : error;
    return await ui.showFailure(failure, { instance: name, retry: () => signIn(ui, instance) });
  }
  if (!session) return;
  ui.sessions.set(session);
  vscode.window.setStatusBarMessage(`$(check) ${signedInText(displayName, session)}`, 5000);
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
