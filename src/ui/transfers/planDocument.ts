// All names of an upload or download as a document that can be searched: thousands of them are too many for a picker.
import * as vscode from 'vscode';
import type { DownloadPlan, PlannedName, UploadPlan } from '../../protocol.ts';
import { bytesText, count, didText } from '../explorer/words.ts';

const SCHEME = 'rucio-plan';

export class PlanDocuments implements vscode.Disposable {
  readonly #texts = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #disposables: vscode.Disposable;

  constructor() {
    this.#disposables = vscode.Disposable.from(
      this.#changed,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, { onDidChange: this.#changed.event, provideTextDocumentContent: (uri) => this.#texts.get(uri.toString()) ?? '' }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#texts.delete(uri.toString())),
    );
  }

  /** Beside the picker, which stays. */
  async show(name: string, lines: readonly string[]): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `${name.replace(/[\\/]/g, '_')}.txt` });
    this.#texts.set(uri.toString(), `${lines.join('\n')}\n`);
    this.#changed.fire(uri);
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true, preserveFocus: true });
  }

  dispose(): void {
    this.#disposables.dispose();
  }
}

export function uploadLines({ files, total, bytes, problems, warnings, skipped, datasets }: UploadPlan): readonly string[] {
  return [
    `${count(total, 'file')}, ${bytesText(bytes)}`,
    ...problems.map((problem) => `PROBLEM: ${problem}`), ...warnings.map((warning) => `Warning: ${warning}`),
    ...section('Datasets', datasets.map(({ did, files: n }) => `${didText(did)}\t${count(n, 'file')}`)),
    ...section('Files: name in the lake, size, path here', files.map(line)),
    ...section('Left out', skipped.map(({ path, why }) => `${path}\t${why}`)),
  ];
}

export function downloadLines({ files, total, bytes, problems, warnings }: DownloadPlan): readonly string[] {
  return [`${count(total, 'file')}, ${bytesText(bytes)}`, ...problems.map((problem) => `PROBLEM: ${problem}`), ...warnings.map((warning) => `Warning: ${warning}`), ...section('Files: name in the lake, size, path here', files.map(line))];
}

const line = ({ did, bytes, path, problem, note }: PlannedName): string => [didText(did), bytesText(bytes), path, problem ?? note].filter((part) => part !== undefined).join('\t');
const section = (title: string, lines: readonly string[]): readonly string[] => (lines.length === 0 ? [] : ['', title, '', ...lines]);
