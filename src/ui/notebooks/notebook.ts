// One open notebook: what it has attached, edits of that, and the variables in its kernel.
import * as vscode from 'vscode';
import { ServiceFailure } from '../../client/client.ts';
import { attachmentCode, type AttachmentCode } from '../../protocol.ts';
import type { DidRef, UiContext } from '../context.ts';
import { Injector } from './injector.ts';
import { hasJupyter, kernelOf } from './jupyter.ts';
import { attachmentsIn, type NotebookAttachment, withAttachments } from './metadata.ts';

export interface NotebookParts {
  readonly ui: Pick<UiContext, 'client' | 'log'>;
  /** Name of the instance of those that name none; undefined = there is none at all. */
  readonly defaultInstance: () => string | undefined;
  /** What signs programs in the kernel in to Rucio; none unless the person wants it. Never rejects. */
  readonly environment: () => Promise<Readonly<Record<string, string>>>;
  readonly mayRun: (notebook: AttachedNotebook) => boolean;
  readonly onChange: (notebook: AttachedNotebook) => void;
}

/** How often a kernel is looked for that a running cell is about to start. ms */
const LOOKS = [0, 300, 1000, 3000, 8000];

export class AttachedNotebook {
  readonly document: vscode.NotebookDocument;
  readonly injector: Injector;
  readonly #parts: NotebookParts;
  #attachments: readonly NotebookAttachment[] = [];
  #text = '';
  #looking = false;
  #edits: Promise<unknown> = Promise.resolve();
  #disposed = false;

  constructor(document: vscode.NotebookDocument, parts: NotebookParts) {
    this.document = document;
    this.#parts = parts;
    this.injector = new Injector({
      kernel: () => kernelOf(document),
      code: async (language) => (this.#attachments.length === 0 ? undefined : this.code(language, true, this.#attachments, await parts.environment())),
      mayRun: () => parts.mayRun(this),
      onChange: () => parts.onChange(this),
    });
    this.read();
  }

  get attachments(): readonly NotebookAttachment[] { return this.#attachments; }

  /** True when what is attached is other than when it was read last. */
  read(): boolean {
    const attachments = attachmentsIn(this.#metadata());
    const text = JSON.stringify(attachments);
    if (text === this.#text) return false;
    this.#text = text;
    this.#attachments = attachments;
    return true;
  }

  refOf({ did, instance, didType }: NotebookAttachment): DidRef {
    const colon = did.indexOf(':');
    return { instance: instance ?? this.#parts.defaultInstance() ?? '', scope: did.slice(0, colon), name: did.slice(colon + 1), ...(didType && { type: didType }) };
  }

  /** As its kernel, its file or its cells say; kernels' word comes first. */
  get language(): string {
    const { kernelspec, language_info: info } = this.#metadata() as { kernelspec?: { language?: unknown }; language_info?: { name?: unknown } };
    const code = this.document.getCells().find(({ kind }) => kind === vscode.NotebookCellKind.Code);
    const said = [this.injector.language, kernelspec?.language, info?.name, code?.document.languageId].find((language) => typeof language === 'string' && language !== '');
    return typeof said === 'string' ? said : 'python';
  }

  /** `quiet`: nobody waits for it, so nobody is asked to sign in. @throws ServiceFailure */
  code(language: string, quiet: boolean, only: readonly NotebookAttachment[] = this.#attachments, environment: Readonly<Record<string, string>> = {}): Promise<AttachmentCode> {
    const attachments = only.map(({ didType: _, ...attachment }) => attachment);
    return this.#parts.ui.client.request(attachmentCode, { instance: this.#parts.defaultInstance() ?? '', attachments, language, quiet, environment });
  }

  /** One edit after the other, each on what stands there by then; may be undone like any edit. */
  edit(change: (attachments: readonly NotebookAttachment[]) => readonly NotebookAttachment[]): Promise<void> {
    const work = this.#edits.then(async () => {
      const { metadata } = this.document;
      const inner = withAttachments(this.#metadata(), change(attachmentsIn(this.#metadata())));
      const edit = new vscode.WorkspaceEdit();
      edit.set(this.document.uri, [vscode.NotebookEdit.updateNotebookMetadata({ ...metadata, metadata: inner })]);
      if (!await vscode.workspace.applyEdit(edit)) throw new ServiceFailure({ kind: 'badInput', what: `${vscode.workspace.asRelativePath(this.document.uri)} could not be changed: it may be read-only, or closed by now.`, next: 'Open it, or a copy that you may write to, and try again.', actions: [] });
    });
    this.#edits = work.catch(() => undefined);
    return work;
  }

  /** A cell ran, or the notebook came into view: nobody tells when a kernel is started, so it is looked for, a few times. */
  async look(): Promise<void> {
    if (this.#looking || this.#attachments.length === 0 || !hasJupyter()) return;
    this.#looking = true;
    try {
      for (const wait of LOOKS) {
        await new Promise((resolve) => { setTimeout(resolve, wait); });
        if (this.#disposed || await this.injector.look()) return;
      }
    } catch (error) {
      this.#parts.ui.log.warn(`the kernel of ${this.document.uri.path} can't be had: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.#looking = false;
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.injector.dispose();
  }

  /** The file's own metadata: VS Code keeps it inside of its own. */
  #metadata(): Readonly<Record<string, unknown>> {
    const inner: unknown = this.document.metadata.metadata;
    return typeof inner === 'object' && inner !== null ? inner as Readonly<Record<string, unknown>> : {};
  }
}
