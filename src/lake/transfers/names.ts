// Names on both sides: which DID a local file becomes, and where a DID's file goes on this machine, inside the folder, whatever it is called.
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { DID } from '../../rucio/types.ts';
import type { UploadWish } from './types.ts';

/** Longest name that Rucio keeps (rucio 41: common/constants.py), characters. */
const LONGEST = 250;
/** What the generic schema allows (rucio 41: common/schema/generic.py, NAME); communities have their own. */
const USUAL = /^[A-Za-z0-9][A-Za-z0-9.\-_]*$/;

/** The names of folders and file from the given path down: ["run1", "a", "f.root"] for /data/run1/a/f.root of /data/run1. */
export function partsBelow(file: string, paths: readonly string[]): readonly string[] {
  for (const given of paths) {
    const root = path.resolve(given);
    if (file === root) return [path.basename(root)];
    if (file.startsWith(root.endsWith(path.sep) ? root : `${root}${path.sep}`)) return [path.basename(root), ...path.relative(root, file).split(path.sep)];
  }
  return [path.basename(file)];
}

/** The dataset into which a file goes; in a container one for each folder: `<container>.<folder>_<folder>`. undefined: none. */
export function datasetOf(file: string, { dataset, container, paths }: Pick<UploadWish, 'dataset' | 'container' | 'paths'>): DID | undefined {
  if (!container) return dataset;
  const folders = partsBelow(file, paths).slice(0, -1);
  return { scope: container.scope, name: `${container.name}.${folders.length === 0 ? 'files' : folders.join('_')}` };
}

/** "a.root", 2 → "a_2.root". */
export function numbered(name: string, n: number): string {
  const ext = path.posix.extname(name);
  return `${name.slice(0, name.length - ext.length)}_${n}${ext}`;
}

export function didOf(parts: readonly string[], { scope, prefix = '', names }: Pick<UploadWish, 'scope' | 'prefix' | 'names'>): DID {
  return { scope, name: `${prefix}${names === 'folders' ? parts.join('_') : parts.at(-1) ?? ''}` };
}

/** Why Rucio cannot keep such a name; undefined = it can. */
export function impossible(name: string): string | undefined {
  if (name === '') return 'its name is empty';
  if ([...name].length > LONGEST) return `its name has ${[...name].length} characters, and Rucio keeps ${LONGEST}`;
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'its name holds a control character';
  if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|\ufffd/.test(name)) return 'its name is no valid Unicode';
  return undefined;
}

/** False: many servers refuse such a name. */
export function isUsual(name: string): boolean {
  return USUAL.test(name);
}

export interface LocalName { readonly parts: readonly string[]; readonly changed: boolean }

/**
 * Folders and name of a file below the folder that a person chose. `/` makes folders, as Rucio's own client has it; what would leave the
 * folder, or does not fit the file system, is changed.
 */
export function localName(name: string, platform: 'posix' | 'win32' = process.platform === 'win32' ? 'win32' : 'posix'): LocalName {
  let changed = false;
  const parts = name.split('/').filter((part) => part !== '').map((part) => {
    const safe = safePart(part, platform);
    if (safe !== part) changed = true;
    return safe;
  });
  return parts.length === 0 ? { parts: ['_'], changed: true } : { parts, changed };
}

/** One component, at most 255 bytes; `.123456.part` is put behind it while it is fetched. */
const LONGEST_PART = 243;

function safePart(part: string, platform: 'posix' | 'win32'): string {
  let safe = /^\.{1,2}$/.test(part) ? '_'.repeat(part.length) : part.replace(platform === 'win32' ? /[\u0000-\u001f<>:"\\|?*]/g : /\u0000/g, '_');
  if (platform === 'win32') safe = safe.replace(/[. ]+$/, (end) => '_'.repeat(end.length)).replace(/^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i, '_$1');
  if (Buffer.byteLength(safe) <= LONGEST_PART) return safe;
  const hash = createHash('sha256').update(part).digest('hex').slice(0, 8);
  const end = path.extname(safe).slice(0, 20);
  let cut = safe;
  while (Buffer.byteLength(`${cut}~${hash}${end}`) > LONGEST_PART) cut = [...cut].slice(0, -1).join('');
  return `${cut}~${hash}${end}`;
}
