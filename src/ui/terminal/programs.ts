// Signs Rucio's own programs in, in terminals and tasks, as *Explore* is: names of files and of the account as variables of
// new terminals. When they change, VS Code itself says in the older ones that they need a relaunch. The lake service
// writes the files and keeps them fresh.
import fs from 'node:fs/promises';
import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import type { ProgramEnvironment } from '../../protocol.ts';
import type { UiContext } from '../context.ts';
import { settings } from '../contributions.ts';
import { toFailure } from '../failures.ts';
import type { Disposable } from '../signal.ts';
import { DESCRIPTION } from './datalake.ts';
import { type Offered, offered } from './variables.ts';

/** What terminals have now, for *Show Configuration*. */
export interface TerminalState extends Offered {
  readonly enabled: boolean;
  /** Absent: nobody asked for it yet. */
  readonly environment?: ProgramEnvironment;
  /** Why there are none. */
  readonly problem?: string;
}

/** The variables that terminals had last: paths and names. A terminal that opens before the service was asked has them at once. */
const LAST = 'rucio.terminalVariables';

export class TerminalPrograms {
  readonly #ui: UiContext;
  readonly #disposables: Disposable[];
  #state: Pick<TerminalState, 'environment' | 'problem'> & Offered = { variables: {}, left: [] };
  #flight: Promise<void> | undefined;
  #again = false;
  #disposed = false;

  constructor(ui: UiContext) {
    this.#ui = ui;
    const { extension: { environmentVariableCollection: collection } } = ui;
    // The files may be gone by the next start.
    collection.persistent = false;
    this.#disposables = [
      vscode.window.onDidOpenTerminal(() => this.#terminalIsThere()),
      ui.sessions.onDidChange(({ instance, state }) => {
        if (instance === this.#instance() && enabled() && (state === 'signedIn' || this.#state.environment)) void this.refresh();
      }),
      ui.onConnection((state) => {
        // A service that was started anew has to be told again that files are wanted.
        if (state === 'connected' && this.#state.environment) void this.refresh();
      }),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if ([settings.programsTerminals, settings.programsInstance, settings.instances].some((key) => change.affectsConfiguration(key)) && this.#wanted()) void this.refresh();
        else if (!enabled()) this.#set({ variables: {}, left: [] }, undefined);
      }),
    ];
    // Not part of the activation's time.
    setImmediate(() => void this.#restore());
  }

  get state(): TerminalState {
    return { enabled: enabled(), ...this.#state };
  }

  /** Asks the service, which may be started for it; nobody is asked anything. Never rejects. */
  refresh(): Promise<void> {
    if (this.#flight) {
      this.#again = true;
      return this.#flight;
    }
    this.#flight = this.#ask().finally(() => {
      this.#flight = undefined;
      if (!this.#again) return undefined;
      this.#again = false;
      return this.refresh();
    });
    return this.#flight;
  }

  /** For a program that is started by us (a debugger, a kernel), at this instance or at the one of terminals. @throws ServiceFailure */
  async variablesFor(instance = chosen()): Promise<Readonly<Record<string, string>>> {
    const environment = await this.#ui.client.request(protocol.programEnvironment, { instance });
    return environment ? offered(environment, process.env, instance !== '').variables : {};
  }

  dispose(): void {
    this.#disposed = true;
    for (const disposable of this.#disposables) disposable.dispose();
  }

  async #ask(): Promise<void> {
    if (!enabled()) return this.#set({ variables: {}, left: [] }, undefined);
    try {
      const environment = await this.#ui.client.request(protocol.programEnvironment, { instance: chosen() });
      this.#set(environment ? offered(environment, process.env, chosen() !== '') : { variables: {}, left: [] }, environment ?? undefined);
    } catch (error) {
      const { kind, what } = toFailure(error);
      if (kind === 'cancelled') return;
      this.#ui.log.warn(`terminals are not signed in: ${what}`);
      this.#set({ variables: {}, left: [] }, undefined, what);
    }
  }

  #set(now: Offered, environment: ProgramEnvironment | undefined, problem?: string): void {
    if (this.#disposed) return;
    this.#state = { ...now, ...(environment && { environment }), ...(problem !== undefined && { problem }) };
    this.#apply(now.variables, environment?.account === undefined ? undefined : `${environment.account} at ${environment.displayName}`);
    void this.#ui.extension.globalState.update(LAST, Object.keys(now.variables).length === 0 ? undefined : now.variables);
  }

  /** Only what differs: each change makes VS Code compare, and say something in every open terminal. */
  #apply(variables: Readonly<Record<string, string>>, who: string | undefined): void {
    const { environmentVariableCollection: collection } = this.#ui.extension;
    for (const [name] of collection) if (name !== 'PATH' && !(name in variables)) collection.delete(name);
    for (const [name, value] of Object.entries(variables)) {
      if (collection.get(name)?.value !== value) collection.replace(name, value, { applyAtProcessCreation: true, applyAtShellIntegration: chosen() !== '' });
    }
    const description = who === undefined ? DESCRIPTION : `${DESCRIPTION}, and signs \`rucio\` in as ${who}`;
    if (collection.description !== description) collection.description = description;
  }

  /** What held last holds until the service was asked, if its files are still there. */
  async #restore(): Promise<void> {
    const last = this.#ui.extension.globalState.get<Record<string, string>>(LAST);
    const file = last?.['RUCIO_CONFIG'];
    if (last && enabled() && !this.#state.environment && (file === undefined || await fs.access(file).then(() => true, () => false)) && !this.#state.environment) this.#apply(last, undefined);
    if (vscode.window.terminals.length > 0) this.#terminalIsThere();
  }

  #terminalIsThere(): void {
    if (this.#wanted() && !this.#state.environment) void this.refresh();
  }

  /** Whoever has never used Rucio on this machine, and has a terminal, gets no service for it. */
  #wanted(): boolean {
    if (!enabled()) return false;
    const { client, extension } = this.#ui;
    const configured = vscode.workspace.getConfiguration().get<unknown[]>(settings.instances)?.length ?? 0;
    return client.state === 'connected' || chosen() !== '' || configured > 0 || extension.globalState.get(LAST) !== undefined || Object.keys(process.env).some((name) => name.startsWith('RUCIO_'));
  }

  /** Of which terminals have the sign-in. */
  #instance(): string | undefined {
    return chosen() || this.#ui.client.lastWelcome?.instances[0]?.name;
  }
}

function enabled(): boolean {
  return vscode.workspace.getConfiguration().get<boolean>(settings.programsTerminals) ?? true;
}

/** The instance that a person chose for terminals; '' = none. */
export function chosen(): string {
  return vscode.workspace.getConfiguration().get<string>(settings.programsInstance)?.trim() ?? '';
}
