// What is going to be fetched, before anything is: which files, where each goes, and what is known to be in the way.
import fs from 'node:fs/promises';
import path from 'node:path';
import { RucioError } from '../../rucio/errors.ts';
import type { RucioClient } from '../../rucio/client.ts';
import type { DID } from '../../rucio/types.ts';
import { mapLimited } from '../limited.ts';
import { bytesText } from '../rules/quota.ts';
import { LOOKED_UP } from './duplicates.ts';
import { localName } from './names.ts';
import { SCHEMES } from '../../storage/url.ts';
import type { DownloadPlan, DownloadWish, PlannedName } from './types.ts';

const SHOWN = 1000;
/** Places on the disk that are looked at before a download. */
const MOST_PLACES = 5000;

export interface PlannedFile extends DID {
  readonly path: string;
  readonly bytes: number;
  readonly adler32?: string;
  readonly note?: string;
}

/** Where each file goes. @throws RucioError notFound for a DID that is not there, badInput when nothing is left to fetch. */
export async function filesToFetch(client: Pick<RucioClient, 'getDid' | 'listFiles'>, wish: DownloadWish, signal?: AbortSignal): Promise<readonly PlannedFile[]> {
  if (!path.isAbsolute(wish.folder)) throw new RucioError('badInput', `The folder has to be a full path: ${wish.folder}.`);
  const files: PlannedFile[] = [];
  const dids = new Set<string>();
  const places = new Places(await takesLargeForSmall(wish.folder));
  const fits = patternOf(wish.pattern);
  const only = wish.only && new Set(wish.only.map(({ scope, name }) => `${scope}:${name}`));
  for (const asked of wish.dids) {
    const { type } = await client.getDid(asked, {}, signal);
    const above = wish.flat ? [] : localName(type === 'FILE' ? asked.scope : asked.name).parts;
    for await (const rows of client.listFiles(asked, signal)) {
      for (const { scope, name, bytes, adler32 } of rows) {
        const key = `${scope}:${name}`;
        if (dids.has(key) || !fits(name) || (only && !only.has(key))) continue;
        dids.add(key);
        // A name that begins with / inside a dataset is its last part only, as Rucio's own client has it.
        const local = localName(type !== 'FILE' && name.startsWith('/') ? path.posix.basename(name) : name);
        const place = places.take(wish.folder, [...above, ...local.parts]);
        const changed = local.changed || place.changed;
        files.push({ scope, name, bytes, path: place.path, ...(adler32 !== null && { adler32: adler32.toLowerCase().padStart(8, '0') }), ...(changed && { note: `called ${path.basename(place.path)} here: ${place.changed ? 'another file has its name' : 'its name does not fit a disk'}` }) });
      }
    }
  }
  if (files.length === 0) throw new RucioError('badInput', wish.pattern === undefined ? 'There are no files in it.' : `No file fits “${wish.pattern}”.`);
  return files;
}

/** Never fails for what a person can mend: that is in `problems`. @throws as {@link filesToFetch}. */
export async function planDownload(client: Pick<RucioClient, 'getDid' | 'listFiles' | 'listReplicas'>, wish: DownloadWish, { shown = SHOWN, signal }: { readonly shown?: number; readonly signal?: AbortSignal | undefined } = {}): Promise<DownloadPlan> {
  const files = await filesToFetch(client, wish, signal);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const looked = files.slice(0, LOOKED_UP);
  const [{ tape, nowhere }, there, disk] = await Promise.all([sources(client, looked, signal), mapLimited(files.slice(0, MOST_PLACES), 16, placed), diskAt(wish.folder)]);
  const problems: string[] = [];
  const warnings: string[] = [];
  const here = { right: there.filter((is) => is === 'right').length, other: there.filter((is) => is === 'other').length };
  const needed = files.reduce((sum, file, at) => sum + (there[at] === undefined || there[at] === 'free' ? file.bytes : 0), 0);
  if (disk.problem !== undefined) problems.push(disk.problem);
  else if (disk.free !== null && disk.free < needed) problems.push(`The disk of ${wish.folder} has ${bytesText(disk.free)} left, and ${bytesText(needed)} are to be fetched: choose fewer files, or another folder.`);
  const renamed = files.filter(({ note }) => note !== undefined).length;
  if (renamed > 0) warnings.push(`${renamed === 1 ? 'One file has' : `${renamed} files have`} another name here than in the lake: ${renamed === 1 ? 'it' : 'they'} would leave the folder, not fit the disk, or be one file with another.`);
  if (here.right > 0) warnings.push(`${here.right === 1 ? 'One file lies' : `${here.right} files lie`} there already with the right size: ${here.right === 1 ? 'it is' : 'they are'} compared, and fetched only where wrong ones are moved away.`);
  if (here.other > 0) warnings.push(`At ${here.other === 1 ? 'one place lies something' : `${here.other} places lies something`} else already: that is not touched, and what belongs there not fetched.`);
  if (nowhere > 0) warnings.push(`Of ${nowhere === 1 ? 'one file' : `${nowhere} files`} no storage that can be read from here has a copy now.`);
  return {
    files: files.slice(0, shown).map(({ path: file, scope, name, bytes: size, note }, at): PlannedName => ({ path: file, did: { scope, name }, bytes: size, ...(note !== undefined ? { note } : there[at] === 'right' ? { note: 'is there already' } : there[at] === 'other' && { problem: 'something else lies there' }) })),
    total: files.length, bytes, tape, here, renamed, diskFree: disk.free, problems, warnings,
  };
}

async function sources(client: Pick<RucioClient, 'listReplicas'>, files: readonly DID[], signal?: AbortSignal): Promise<{ readonly tape: number; readonly nowhere: number }> {
  let tape = 0;
  let some = 0;
  for await (const rows of client.listReplicas(files, { schemes: SCHEMES }, signal)) {
    for (const { pfns } of rows) {
      const all = Object.values(pfns);
      if (all.length === 0) continue;
      some++;
      if (all.every(({ type }) => type === 'TAPE')) tape++;
    }
  }
  return { tape, nowhere: files.length - some };
}

async function placed({ path: file, bytes }: PlannedFile): Promise<'free' | 'right' | 'other'> {
  const at = await fs.lstat(file).catch(() => undefined);
  return at === undefined ? 'free' : at.isFile() && at.size === bytes ? 'right' : 'other';
}

/** Of the nearest folder that is there. Bytes. */
async function diskAt(folder: string): Promise<{ readonly free: number | null; readonly problem?: string }> {
  for (let at = folder; ; at = path.dirname(at)) {
    const there = await fs.stat(at).catch(() => undefined);
    if (there) {
      if (!there.isDirectory()) return { free: null, problem: `${at} is no folder: choose another.` };
      const mayWrite = await fs.access(at, fs.constants.W_OK).then(() => true, () => false);
      if (!mayWrite) return { free: null, problem: `You may not write into ${at}: choose another folder.` };
      const disk = await fs.statfs(at).catch(() => undefined);
      return { free: disk ? disk.bavail * disk.bsize : null };
    }
    if (at === path.dirname(at)) return { free: null };
  }
}

/** Where files go: no two at one place, and none where another needs a folder. */
export class Places {
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();
  readonly #key: (file: string) => string;

  constructor(largeIsSmall: boolean) {
    this.#key = (file) => (largeIsSmall ? file.normalize('NFC').toLowerCase() : file.normalize('NFC'));
  }

  take(root: string, parts: readonly string[]): { readonly path: string; readonly changed: boolean } {
    const wanted = path.join(root, ...parts);
    // A file lies where a folder is wanted: the folder gets another name.
    let folder = root;
    for (const part of parts.slice(0, -1)) {
      let next = path.join(folder, part);
      for (let n = 2; this.#files.has(this.#key(next)); n++) next = path.join(folder, `${part}~${n}`);
      folder = next;
    }
    const { name, ext } = path.parse(parts.at(-1) ?? '_');
    let target = path.join(folder, parts.at(-1) ?? '_');
    for (let n = 2; this.#files.has(this.#key(target)) || this.#folders.has(this.#key(target)); n++) target = path.join(folder, `${name}~${n}${ext}`);
    this.#files.add(this.#key(target));
    for (let at = folder; at.length > root.length; at = path.dirname(at)) this.#folders.add(this.#key(at));
    return { path: target, changed: target !== wanted };
  }
}

/** Whether the disk of this folder takes `A` and `a` for the same: seen from the folder itself, nothing is written. */
async function takesLargeForSmall(folder: string): Promise<boolean> {
  for (let at = folder; at !== path.dirname(at); at = path.dirname(at)) {
    const name = path.basename(at);
    const other = name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase();
    if (other === name) continue;
    const [one, two] = await Promise.all([at, path.join(path.dirname(at), other)].map((file) => fs.stat(file).catch(() => undefined)));
    if (one) return two !== undefined && one.ino === two.ino && one.dev === two.dev;
  }
  return process.platform !== 'linux';
}

/** `*` and `?`, over the whole name. */
export function patternOf(pattern: string | undefined): (name: string) => boolean {
  if (pattern === undefined || pattern === '') return () => true;
  const regexp = new RegExp(`^${pattern.replace(/[\\^$+.()|[\]{}]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 's');
  return (name) => regexp.test(name);
}
