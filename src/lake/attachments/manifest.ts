// The facts of one attachment in a file that every language reads with a few lines: so that a dataset of 100 000 files is no
// cell of 20 MB, and no name is ever part of a program. UTF-8, a record a line, fields between tabs; control characters and %
// are written %XX. Written as the files come; what counts them stands at the end, and a manifest without it is none.
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { ownFolder } from '../programs/secretFile.ts';
import type { AttachedFile, Attachment } from './types.ts';

/** Last line: mark, DID, file|collection, state, files that are missing, reason. Before: DID, path ('' = it can't be read), PFN, size, adler32. */
const MARK = 'rucio-attachment 1';

export interface ManifestEnd {
  readonly did: string;
  readonly type: Attachment['type'];
  readonly state: 'here' | 'partly' | 'notHere';
  readonly missing: number;
  readonly reason: string;
}

export class ManifestWriter {
  readonly file: string;
  readonly #fresh: string;
  readonly #handle: fs.FileHandle;
  #hash = createHash('sha256');

  private constructor(file: string, fresh: string, handle: fs.FileHandle) {
    this.file = file;
    this.#fresh = fresh;
    this.#handle = handle;
  }

  /** In a folder for this user alone. The same file each time for the same `key`; it appears whole, or not at all. */
  static async open(folder: string, key: readonly string[]): Promise<ManifestWriter> {
    await ownFolder(folder);
    const file = path.join(folder, `${createHash('sha256').update(key.join('\n')).digest('hex').slice(0, 24)}.tsv`);
    const fresh = `${file}.${randomBytes(6).toString('hex')}`;
    return new ManifestWriter(file, fresh, await fs.open(fresh, 'wx', 0o600));
  }

  async add(files: readonly AttachedFile[]): Promise<void> {
    await this.#write(files.map((file) => line(file.did, file.path, file.pfn, file.size, file.adler32)).join(''));
  }

  /** What came so far goes. */
  async again(): Promise<void> {
    await this.#handle.truncate(0);
    this.#hash = createHash('sha256');
  }

  /** Gives the version: equal for equal manifests. */
  async end({ did, type, state, missing, reason }: ManifestEnd): Promise<string> {
    await this.#write(line(MARK, did, type, state, missing, reason));
    await this.#handle.close();
    await fs.rename(this.#fresh, this.file);
    return this.#hash.digest('hex').slice(0, 16);
  }

  async drop(): Promise<void> {
    await this.#handle.close().catch(() => undefined); // it was closed before it failed
    await fs.rm(this.#fresh, { force: true });
  }

  async #write(text: string): Promise<void> {
    this.#hash.update(text);
    await this.#handle.appendFile(text);
  }
}

function line(...fields: readonly (string | number)[]): string {
  return `${fields.map(field).join('\t')}\n`;
}

function field(value: string | number): string {
  return typeof value === 'number' ? String(value) : value.replace(/[%\u0000-\u001f\u007f]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** Manifests that nobody has asked for in so long are removed: a cell may have been kept that reads one. ms. */
const OLD = 180 * 86_400_000;
/** Left over from a service that was killed. ms. */
const CUT = 86_400_000;

export async function removeOldManifests(folder: string, now = Date.now()): Promise<void> {
  for (const name of await fs.readdir(folder).catch(() => [])) { // there is none yet
    const file = path.join(folder, name);
    const stat = await fs.stat(file).catch(() => undefined); // somebody was quicker
    if (stat && now - stat.mtimeMs > (name.endsWith('.tsv') ? OLD : CUT)) await fs.rm(file, { force: true });
  }
}
