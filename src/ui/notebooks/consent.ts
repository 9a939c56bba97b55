// Whether we run code in a person's kernel: explained before the Jupyter extension asks, and where it is refused there is another way.
import * as vscode from 'vscode';
import type { UiContext } from '../context.ts';
import { unlinked } from '../plain.ts';
import { insertCode } from './insertCode.ts';
import { hasJupyter, MANAGE_ACCESS } from './jupyter.ts';
import type { AttachedNotebook } from './notebook.ts';
import { kernelMessage } from './words.ts';

const EXPLAINED = 'rucio.kernelAccessExplained';
const INSERT = 'Insert Code in a Cell';

export class KernelConsent {
  readonly #ui: UiContext;
  #explaining = false;

  constructor(ui: UiContext) {
    this.#ui = ui;
  }

  /** Asked when code is about to be run; the answer comes with another attempt. */
  mayRun(notebook: AttachedNotebook): boolean {
    if (!vscode.workspace.isTrusted) return false;
    if (this.#ui.extension.globalState.get(EXPLAINED) === true) return true;
    if (!this.#explaining) {
      this.#explaining = true;
      void this.#explain(notebook).catch((error: unknown) => this.#ui.showFailure(error));
    }
    return false;
  }

  /** *Set Variables in Kernel*: what was refused or failed is tried again. */
  async setVariables(notebook: AttachedNotebook): Promise<void> {
    await this.#ui.extension.globalState.update(EXPLAINED, true);
    if (!hasJupyter() || !await notebook.injector.look()) {
      const why = hasJupyter() ? 'No kernel runs yet: the variables are set as soon as you run a cell.' : 'The Jupyter extension is not here, so nothing can be set in a kernel.';
      if (await vscode.window.showInformationMessage(why, INSERT) === INSERT) await insertCode(notebook);
      return;
    }
    await notebook.injector.again(true);
    await this.#tellOutcome(notebook);
  }

  async #explain(notebook: AttachedNotebook): Promise<void> {
    const set = 'Set Variables';
    const names = notebook.attachments.map(({ variableName }) => variableName).join(', ');
    const chosen = await vscode.window.showInformationMessage(unlinked(`Rucio can set ${names} in this notebook’s kernel, and keep it set when the kernel is restarted or the data changes. The Jupyter extension asks you once whether Rucio may run code there: choose Allow.`), set, INSERT);
    if (chosen === set) {
      await this.#ui.extension.globalState.update(EXPLAINED, true);
      await notebook.injector.again();
      await this.#tellOutcome(notebook);
    } else if (chosen === INSERT) await insertCode(notebook);
  }

  async #tellOutcome(notebook: AttachedNotebook): Promise<void> {
    const { now } = notebook.injector;
    if (now.state === 'failed') return this.#ui.showFailure(now.failure);
    if (now.state === 'set') return void vscode.window.setStatusBarMessage('$(check) The variables are set in the kernel', 4000);
    const why = kernelMessage(now, { jupyter: true, trusted: vscode.workspace.isTrusted, language: notebook.language });
    if (why === undefined) return;
    const manage = 'Manage Access…';
    const chosen = await vscode.window.showWarningMessage(why, ...(now.state === 'refused' ? [manage] : []), INSERT);
    if (chosen === manage) await vscode.commands.executeCommand(MANAGE_ACCESS);
    if (chosen === INSERT) await insertCode(notebook);
  }
}
