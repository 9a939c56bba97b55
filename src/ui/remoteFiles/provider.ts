// Files of a lake as the editor reads them: looked at and read in the lake service, never kept, never written.
import * as vscode from 'vscode';
import { ServiceFailure } from '../../client/client.ts';
import * as protocol from '../../protocol.ts';
import type { UiContext } from '../context.ts';
import { settings } from '../contributions.ts';
import { bytesText, didText } from '../explorer/words.ts';
import { toFailure } from '../failures.ts';
import { type RemoteFile, remoteFileOf } from './uri.ts';

/** ms for which the editor, which looks often, gets the same answer. */
const KEPT_MS = 60_000;
/** Bytes from which reading is seen, and can be cancelled. */
const SEEN = 5_000_000;

export class RemoteFiles implements vscode.FileSystemProvider {
  readonly #ui: UiContext;
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changed.event;
  readonly #looked = new Map<string, { readonly at: number; readonly bytes: Promise<number> }>();

  constructor(ui: UiContext) {
    this.#ui = ui;
  }

  /** Nothing in a lake changes under its name. */
  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const file = fileOf(uri);
    const bytes = await this.#bytes(file).catch((error: unknown) => { throw fileError(error, uri); });
    return { type: vscode.FileType.File, size: Math.min(file.first ?? bytes, bytes), ctime: 0, mtime: 0, permissions: vscode.FilePermission.Readonly };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const file = fileOf(uri);
    try {
      const all = await this.#bytes(file);
      const bytes = Math.min(file.first ?? all, all);
      const most = mostBytes();
      if (bytes > most && !file.large) throw vscode.FileSystemError.Unavailable(`${didText(file)} has ${bytesText(bytes)}, and more than ${bytesText(most)} are not opened without asking (${settings.remoteMegabytes}). Use Open Remote File, or Download….`);
      const read = (signal?: AbortSignal): Promise<Uint8Array> => this.#read(file, bytes, signal);
      if (bytes < SEEN) return await read();
      return await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: `Reading ${bytesText(bytes)} of ${didText(file)}`, cancellable: true }, (_progress, token) => {
        const abort = new AbortController();
        token.onCancellationRequested(() => abort.abort());
        return read(abort.signal);
      });
    } catch (error) {
      throw error instanceof vscode.FileSystemError ? error : fileError(error, uri);
    }
  }

  /** A lake is no tree of folders: nothing is listed, so that nothing crawls it. */
  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  writeFile(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  #bytes({ instance, scope, name }: RemoteFile): Promise<number> {
    const key = JSON.stringify([instance, scope, name]);
    const known = this.#looked.get(key);
    if (known && Date.now() - known.at < KEPT_MS) return known.bytes;
    const bytes = this.#ui.client.request(protocol.getDid, { instance, did: { scope, name } }).then((did) => {
      if (did.type !== 'FILE') throw notAFile({ scope, name }, did.type);
      return did.bytes ?? 0;
    });
    bytes.catch(() => this.#looked.delete(key));
    this.#looked.set(key, { at: Date.now(), bytes });
    return bytes;
  }

  async #read({ instance, scope, name }: RemoteFile, bytes: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const all = new Uint8Array(bytes);
    const read = await this.#ui.client.stream(protocol.readRemoteFile, protocol.remotePieces, (pieces) => ({ instance, did: { scope, name }, limit: bytes, pieces }), ({ at, base64 }) => {
      all.set(Buffer.from(base64, 'base64').subarray(0, Math.max(0, bytes - at)), at);
    }, signal ? { signal } : {});
    this.#ui.log.info(`read ${bytesText(read.bytes)} of ${scope}:${name} at ${read.rse}${read.verified ? ', compared with the catalogue' : ''}`);
    return all.subarray(0, read.bytes);
  }
}

/** What was chosen, or named in an address, holds files. */
export function notAFile(did: protocol.DID, type: protocol.DIDType): ServiceFailure {
  return new ServiceFailure({ kind: 'badInput', what: `${didText(did)} is a ${type.toLowerCase()}: only files can be opened.`, next: 'Open one of its files.', actions: [] });
}

/** Bytes that are opened without asking. */
export function mostBytes(): number {
  return (vscode.workspace.getConfiguration().get<number>(settings.remoteMegabytes) ?? 50) * 1_000_000;
}

function fileOf(uri: vscode.Uri): RemoteFile {
  const file = remoteFileOf(uri);
  if (!file) throw vscode.FileSystemError.FileNotFound(uri);
  return file;
}

/** The editor shows its text where the file would stand. */
function fileError(error: unknown, uri: vscode.Uri): vscode.FileSystemError {
  const failure = toFailure(error);
  const text = [failure.what, failure.next].filter(Boolean).join(' ');
  if (failure.kind === 'notFound') return vscode.FileSystemError.FileNotFound(text === '' ? uri : text);
  if (failure.kind === 'accessDenied' || failure.kind === 'signInNeeded') return vscode.FileSystemError.NoPermissions(text);
  return vscode.FileSystemError.Unavailable(text);
}
