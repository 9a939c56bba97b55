// What every feature of the window is given: the way to the service, the log, and what is known of instances, sign-ins
// and DIDs. Built once in extension.ts; each feature exports `registerX(ui: UiContext): vscode.Disposable`.
import type * as vscode from 'vscode';
import type { ConnectionState, ServiceClient } from '../client/client.ts';
import type { AvailabilityInfo, DID, DIDType, Instance, SessionInfo } from '../protocol.ts';
import type { Event, Signal } from './signal.ts';

/** A DID of one instance: what every command on DIDs works with. */
export interface DidRef extends DID {
  readonly instance: string;
  /** Unknown for a pasted one that nobody looked up yet. */
  readonly type?: DIDType;
}

/**
 * Built in this order: the client (`serviceOfWindow` of service.ts), this,
 * then registerExplorer, registerEditor, registerAuth, registerRules, registerRuleStatus, registerTerminal, each of
 * `<feature>/register.ts`.
 */
export interface UiContext {
  readonly extension: vscode.ExtensionContext;
  readonly client: ServiceClient;
  readonly log: vscode.LogOutputChannel;
  readonly instances: Instances;
  readonly sessions: Sessions;
  readonly dids: Dids;
  /** A rule of an instance was made or changed from this window: whoever shows it looks again. */
  readonly ruleChanges: Signal<{ readonly instance: string; readonly id: string }>;
  /** A running service has taken changed settings in: whoever shows instances asks again. */
  readonly newInstances: Signal<void>;
  readonly onConnection: Event<ConnectionState>;
  /** Shows a failure with its actions; resolves when the person has chosen. Cancelled ones are not shown. */
  showFailure(failure: unknown, options?: FailureOptions): Promise<void>;
}

export interface FailureOptions {
  /** What *Retry* does; without it that button is left out. */
  readonly retry?: () => unknown;
  /** For *Sign In* and *Show Rule*. */
  readonly instance?: string;
  readonly ruleId?: string;
}

/** Instances as the service understood the settings and the environment; connects when it has not been asked yet. */
export interface Instances {
  all(): Promise<readonly Instance[]>;
  get(name: string): Instance | undefined;
  /** The only one, the one that a tree node or {@link DidRef} belongs to, or the one a person picks; undefined = dismissed. */
  pick(argument: unknown, placeHolder: string): Promise<Instance | undefined>;
}

/** Sign-ins, as last heard. */
export interface Sessions {
  readonly onDidChange: Event<SessionInfo>;
  get(instance: string): SessionInfo | undefined;
  /** Tells everyone here at once (the service tells the other windows). */
  set(session: SessionInfo): void;
}

export interface Dids {
  /** What a command is about: its argument (a tree node, a {@link DidRef}), else one that the person finds with the search
   *  picker, which offers what is selected in the tree first. undefined = dismissed. */
  pick(argument: unknown, title: string): Promise<DidRef | undefined>;
  /** The same for commands on several: `selected` is VS Code's second argument. Empty = dismissed. */
  pickAll(argument: unknown, selected: unknown, title: string): Promise<readonly DidRef[]>;
  /** Last heard state; undefined when it is not observed. */
  stateOf(did: DidRef): AvailabilityInfo | undefined;
  readonly onDidChangeState: Event<readonly (AvailabilityInfo & { readonly instance: string })[]>;
  /** Asks for the state now and paints it: call it after anything that changed it. Never rejects: failures are painted. */
  recheck(did: DidRef): Promise<void>;
}
