// Programs that are started in the debugger are signed in as terminals are, where the setting says so.
import * as vscode from 'vscode';
import type { UiContext } from '../context.ts';
import { settings } from '../contributions.ts';
import { toFailure } from '../failures.ts';
import type { TerminalPrograms } from './programs.ts';

/** A debugger must not wait for a data lake that does not answer; ms. */
const DEADLINE = 5000;

interface NamedValue { readonly name: string; readonly value: string }

export class SignedInDebugging implements vscode.DebugConfigurationProvider {
  readonly #ui: Pick<UiContext, 'log'>;
  readonly #programs: Pick<TerminalPrograms, 'variablesFor'>;

  constructor(ui: Pick<UiContext, 'log'>, programs: Pick<TerminalPrograms, 'variablesFor'>) {
    this.#ui = ui;
    this.#programs = programs;
  }

  async resolveDebugConfigurationWithSubstitutedVariables(_folder: vscode.WorkspaceFolder | undefined, configuration: vscode.DebugConfiguration): Promise<vscode.DebugConfiguration> {
    // What runs already has its variables.
    if (configuration.request !== 'launch' || vscode.workspace.getConfiguration().get<boolean>(settings.programsDebug) !== true) return configuration;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => { timer = setTimeout(() => reject(new Error('the lake service did not answer in time')), DEADLINE); });
    try {
      return withVariables(configuration, await Promise.race([this.#programs.variablesFor(), late]));
    } catch (error) {
      this.#ui.log.warn(`the program in the debugger is not signed in: ${toFailure(error).what}`);
      return configuration;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The configuration's own come first. C++ debuggers have a list (`environment`), the others an object (`env`). */
export function withVariables(configuration: vscode.DebugConfiguration, variables: Readonly<Record<string, string>>): vscode.DebugConfiguration {
  const { environment, env } = configuration as { environment?: unknown; env?: unknown };
  if (Array.isArray(environment)) {
    const own = environment as NamedValue[];
    return { ...configuration, environment: [...Object.entries(variables).filter(([name]) => !own.some((one) => one.name === name)).map(([name, value]) => ({ name, value })), ...own] };
  }
  return { ...configuration, env: { ...variables, ...(typeof env === 'object' ? env : {}) } };
}
