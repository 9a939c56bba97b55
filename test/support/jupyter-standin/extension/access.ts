// Who may run code in a kernel: a modal question at the first time, kept in the secret storage; a command to change one's mind.
import * as vscode from 'vscode';

const KEY = 'API.Access';

export class AccessRevoked extends Error {
  override name = 'vscode.jupyter.apiAccessRevoked';

  constructor() {
    super('Access to Jupyter Kernel has been revoked');
  }
}

export class KernelAccess {
  readonly #secrets: vscode.SecretStorage;
  /** What was answered for a kernel in this window; a question that could not be shown fails for as long. */
  readonly #answers = new WeakMap<object, Map<string, Promise<boolean>>>();
  readonly #revoked = new Set<string>();
  readonly #granted = new Set<string>();

  constructor(secrets: vscode.SecretStorage) {
    this.#secrets = secrets;
  }

  /** @throws AccessRevoked, or what the editor says when it can't ask */
  async check(extension: vscode.Extension<unknown>, kernel: object): Promise<void> {
    const { id } = extension;
    if (this.#granted.has(id)) return;
    if (this.#revoked.has(id) || !vscode.workspace.isTrusted || (extension.packageJSON as { displayName?: string }).displayName === undefined) throw new AccessRevoked();
    const kept = (await this.#kept())[id];
    if (kept === true) return;
    if (kept === false) throw new AccessRevoked();
    const answers = this.#answers.get(kernel) ?? new Map<string, Promise<boolean>>();
    this.#answers.set(kernel, answers);
    let answer = answers.get(id);
    if (!answer) answers.set(id, answer = this.#ask(extension));
    if (!await answer) throw new AccessRevoked();
  }

  async #ask({ id, packageJSON }: vscode.Extension<unknown>): Promise<boolean> {
    const { displayName } = packageJSON as { displayName: string };
    const learnMore = 'Learn more';
    const chosen = await vscode.window.showInformationMessage(`Do you want to grant Kernel access to the extension ${displayName} (${id})?`,
      { modal: true, detail: 'This allows the extension to execute code against Jupyter Kernels.' }, 'Allow', learnMore, 'Deny');
    if (chosen === 'Allow' || chosen === 'Deny') await this.#keep(id, chosen === 'Allow');
    return chosen === 'Allow';
  }

  async manage(): Promise<void> {
    const kept = await this.#kept();
    const items = [...new Set([...Object.keys(kept), ...this.#revoked])].map((id) => ({ label: id, picked: this.#granted.has(id) || kept[id] === true }));
    const chosen = await vscode.window.showQuickPick(items, { canPickMany: true, title: 'Manage Access To Jupyter Kernels' });
    if (!chosen) return;
    await this.set(items.map(({ label }) => label), chosen.map(({ label }) => label));
  }

  async set(all: readonly string[], ticked: readonly string[]): Promise<void> {
    for (const id of all) {
      const allowed = ticked.includes(id);
      this.#granted[allowed ? 'add' : 'delete'](id);
      this.#revoked[allowed ? 'delete' : 'add'](id);
      // Unticked is not denied: another window asks again.
      await this.#keep(id, allowed ? true : undefined);
    }
  }

  /** For tests: as if nobody had been asked ever. */
  async forget(id: string): Promise<void> {
    this.#granted.delete(id);
    this.#revoked.delete(id);
    await this.#keep(id, undefined);
  }

  async #kept(): Promise<Record<string, boolean>> {
    return JSON.parse(await this.#secrets.get(KEY) ?? '{}') as Record<string, boolean>;
  }

  async #keep(id: string, allowed: boolean | undefined): Promise<void> {
    const { [id]: _, ...kept } = await this.#kept();
    await this.#secrets.store(KEY, JSON.stringify(allowed === undefined ? kept : { ...kept, [id]: allowed }));
  }
}

/** The extension whose file read the property: found in the call stack, as the real one does it. */
export function whoAsks(own: string): vscode.Extension<unknown> {
  const files = (new Error().stack ?? '').split('\n').map((line) => /(?:file:\/\/)?(\/[^():]+):\d+:\d+\)?$/.exec(line)?.[1]).filter((file) => file !== undefined);
  for (const file of files) {
    if (file.startsWith(`${own}/`)) continue;
    const found = vscode.extensions.all.filter(({ extensionPath }) => file.startsWith(`${extensionPath}/`)).sort((a, b) => b.extensionPath.length - a.extensionPath.length)[0];
    if (found) return found;
  }
  throw new Error(`It is not known which extension asks for kernels:\n${files.join('\n')}`);
}
