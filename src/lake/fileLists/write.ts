// Lists the files of some DIDs with where they can be read, into a text or, as they come, into a file that appears when it is whole.
import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { RucioError } from '../../rucio/errors.ts';
import { addressesOf } from '../addresses/addresses.ts';
import { type AddressContext, type AddressedFile, type AddressWish, isThere, throughCache } from '../addresses/types.ts';
import { keyOf } from '../availability/memory.ts';
import { FORMATS, type ListedFile } from './formats.ts';
import { type FileList, type FileListWish, MOST_LINES } from './types.ts';

const MOST_PROBLEMS = 5;

interface Sink {
  write(text: string): Promise<void>;
  /** Back to where it was so long. */
  cut(length: number): Promise<void>;
  /** '' for a file. */
  end(): Promise<string>;
  drop(): Promise<void>;
}

/** `onCount` hears how many files are in it so far. Fails with notFound for an unknown DID, badInput when there are too many for a text. */
export async function writeFileList(context: AddressContext, wish: FileListWish, onCount: (files: number) => void = () => undefined, signal?: AbortSignal): Promise<FileList> {
  if (wish.at === 'here' && (context.instance.destinationRse === undefined || context.instance.rseMountPath === undefined)) throw new RucioError('configuration', `The instance "${context.instance.name}" has no mounted storage (destination_rse, rse_mount_path), so its files have no path here.`, { subject: context.instance.name });
  // The server answers an unknown storage with an error of its own (500).
  if (typeof wish.at === 'object' && !(await context.client.listRses(undefined, signal)).includes(wish.at.rse)) throw new RucioError('badInput', `The server knows no storage (RSE) “${wish.at.rse}”.`, { subject: wish.at.rse });
  const sink = wish.file === undefined ? textSink() : await fileSink(wish.file);
  try {
    const writing = new Writing(context, wish, sink, onCount);
    for (const did of wish.dids) await writing.add(did, signal);
    return await writing.end();
  } catch (error) {
    await sink.drop();
    throw error;
  }
}

class Writing {
  readonly #context: AddressContext;
  readonly #wish: FileListWish;
  readonly #address: AddressWish;
  readonly #sink: Sink;
  readonly #onCount: (files: number) => void;
  /** Files that are in several of the DIDs are listed once. */
  readonly #seen: Set<string> | undefined;
  readonly #problems = new Set<string>();
  #files = 0;
  #missing = 0;
  #bytes = 0;
  #length = 0;

  constructor(context: AddressContext, wish: FileListWish, sink: Sink, onCount: (files: number) => void) {
    this.#context = context;
    this.#wish = wish;
    this.#address = { at: wish.at, ...(wish.protocol !== undefined && { protocol: wish.protocol }) };
    this.#sink = sink;
    this.#onCount = onCount;
    this.#seen = wish.dids.length > 1 ? new Set() : undefined;
  }

  async add({ scope, name }: FileListWish['dids'][number], signal: AbortSignal | undefined): Promise<void> {
    const { type, length } = await this.#context.client.getDid({ scope, name }, { dynamicDepth: 'FILE' }, signal);
    const before = { files: this.#files, missing: this.#missing, bytes: this.#bytes, length: this.#length };
    const mine: string[] = [];
    for await (const batch of addressesOf(this.#context, { scope, name, type }, length ?? 0, this.#address, signal)) {
      if (batch !== 'again') {
        await this.#batch(batch, mine);
        continue;
      }
      ({ files: this.#files, missing: this.#missing, bytes: this.#bytes, length: this.#length } = before);
      for (const did of mine.splice(0)) this.#seen?.delete(did);
      await this.#sink.cut(before.length);
    }
    if ((length ?? 0) === 0 && type !== 'FILE') this.#problem(`${keyOf({ scope, name })} holds no files.`);
  }

  async end(): Promise<FileList> {
    const format = FORMATS[this.#wish.format];
    await this.#write(this.#files === 0 ? format.head + format.tail : format.tail);
    return { files: this.#files, missing: this.#missing, bytes: this.#bytes, problems: [...this.#problems], text: await this.#sink.end() };
  }

  async #batch(batch: readonly AddressedFile[], mine: string[]): Promise<void> {
    const format = FORMATS[this.#wish.format];
    let text = '';
    for (const file of batch) {
      if (this.#seen?.has(file.did)) continue;
      this.#seen?.add(file.did);
      if (this.#seen) mine.push(file.did);
      const row = isThere(file, this.#address) ? format.row(this.#listed(file)) : undefined;
      if (row === undefined) {
        this.#missing++;
        if (file.problem !== undefined) this.#problem(file.problem);
        else if (isThere(file, this.#address)) this.#problem(`${file.did} has a line break in its address: a list of lines can't hold it, JSON can.`);
        continue;
      }
      text += (this.#files === 0 ? format.head : format.between) + row;
      this.#files++;
      this.#bytes += file.size;
    }
    if (this.#wish.file === undefined && this.#files > MOST_LINES) throw new RucioError('badInput', `These are more than ${MOST_LINES} files.`, { exceptionClass: 'TooManyFiles' });
    await this.#write(text);
    this.#onCount(this.#files);
  }

  #listed({ did, size, adler32, path: at, pfn, rse }: AddressedFile): ListedFile {
    const local = this.#wish.at === 'here';
    return { did, size, adler32, local, rse: local ? '' : rse, place: local ? at : this.#wish.at === 'nearest' ? throughCache(this.#context.instance, pfn) : pfn };
  }

  #problem(text: string): void {
    if (this.#problems.size < MOST_PROBLEMS) this.#problems.add(text);
  }

  async #write(text: string): Promise<void> {
    if (text === '') return;
    this.#length += Buffer.byteLength(text);
    await this.#sink.write(text);
  }
}

function textSink(): Sink {
  let all = '';
  return {
    write: async (text) => { all += text; },
    cut: async (length) => { all = Buffer.from(all).toString('utf8', 0, length); },
    end: async () => all,
    drop: async () => undefined,
  };
}

async function fileSink(file: string): Promise<Sink> {
  if (!path.isAbsolute(file)) throw new RucioError('badInput', `“${file}” is no full path.`, { subject: file });
  const fresh = `${file}.${randomBytes(4).toString('hex')}.part`;
  const failed = (error: unknown): never => {
    throw new RucioError('configuration', `${file} can't be written (${(error as NodeJS.ErrnoException).code ?? String(error)}).`, { subject: file, cause: error });
  };
  const handle = await fs.open(fresh, 'wx', 0o644).catch(failed);
  return {
    write: (text) => handle.appendFile(text).catch(failed),
    cut: (length) => handle.truncate(length).catch(failed),
    end: async () => {
      await handle.close();
      await fs.rename(fresh, file).catch(failed);
      return '';
    },
    drop: async () => {
      await handle.close().catch(() => undefined); // it was closed before it failed
      await fs.rm(fresh, { force: true });
    },
  };
}
