// The daily sweep of scratch: files and empty folders that are older than two days and in no catalogue. What is in the catalogue is Rucio's to
// delete; where anything can't be known for certain, nothing is deleted at all.
import fs from 'node:fs/promises';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { RucioError } from '../../rucio/errors.ts';
import type { Storage } from '../../storage/storage.ts';
import type { DID } from '../../rucio/types.ts';
import { catalogued, type CataloguedClient, placeOf } from './catalogued.ts';
import { addressOf, type Scratch } from './place.ts';
import { SCRATCH_DAYS, type Swept, type SweepReport } from './types.ts';
import { changedOf, type Found, identityOf, inUse, kindOf, mountPoints, openBelow, walk } from './walk.ts';

export interface SweepContext {
  readonly client: CataloguedClient;
  readonly storage: Pick<Storage, 'stat'>;
  readonly scratch: Scratch;
  /** Below the user's own folder, links resolved; that folder itself stays. */
  readonly folder: string;
  /** For a person: who asks the catalogue, and by what. */
  readonly as: string;
  /** DIDs that the journal knows to have been in scratch. */
  readonly also: readonly DID[];
  /** Paths with which an upload is not done. */
  readonly busy: () => ReadonlySet<string>;
  /** For tests. ms since 1970; the storage's own clock counts too: the earlier of both. */
  readonly now?: () => number;
  readonly storageNow?: (folder: string) => Promise<number>;
  readonly mounts?: () => Promise<ReadonlySet<string>>;
}

/** Files and folders that are looked at. */
const MOST = 500_000;
/** Of what is told. */
const TOLD = 10_000;
/** Files by which it is tried whether the paths here are the storage's. */
const TRIED = 3;
const DAY = 86_400_000;

/** @throws RucioError; nothing was deleted then. */
export async function sweep(context: SweepContext, { remove, days = SCRATCH_DAYS }: { readonly remove: boolean; readonly days?: number }, signal?: AbortSignal): Promise<SweepReport> {
  const { scratch, folder, busy } = context;
  const found = await walk(folder, { most: MOST, mounts: await (context.mounts ?? mountPoints)() }, signal);
  const now = Math.min((context.now ?? Date.now)(), await (context.storageNow ?? clockOf)(folder));
  const old = ({ changed }: Found): boolean => now - changed > days * DAY;
  const pathOf = ({ parts }: Found): string => path.join(folder, ...parts);

  // Asked after the walk: what was registered before it is known by now.
  const known = await nothingUnless('the catalogue can\'t be asked', catalogued(context.client, scratch.rse, context.also, signal));
  const used = await inUse();
  const underWay = busy();
  const names = new Map<string, Found[]>();
  for (const one of found) if (one.kind === 'file') names.set(one.identity, [...names.get(one.identity) ?? [], one]);

  /** Why a file stays; undefined: it goes. */
  const reason = (one: Found): string | undefined => {
    const file = pathOf(one);
    if (one.trouble !== undefined) return one.trouble;
    if (underWay.has(file)) return 'it is on its way: datalake upload is not done with it';
    const place = scratch.pfnOf(file);
    if ('reason' in place) return place.reason;
    const did = known.places.get(placeOf(place.pfn));
    if (did) return `it is in the catalogue as ${did.scope}:${did.name}: Rucio deletes it`;
    if (used.has(one.identity)) return 'a program has it open';
    return undefined;
  };
  const why = new Map<Found, string | undefined>();
  for (const one of found) {
    if (one.kind === 'file' && old(one)) why.set(one, reason(one));
    else if (one.kind === 'link' && old(one)) why.set(one, 'it is a link: it is neither followed nor taken away');
    else if (one.kind === 'other' && (old(one) || one.trouble)) why.set(one, one.trouble ?? 'it is no file');
    else if (one.kind === 'folder' && one.trouble) why.set(one, one.trouble);
  }
  // A hard link: all of its names go, or none.
  for (const [one, stays] of why) {
    if (one.kind !== 'file' || one.links === 1 || stays !== undefined) continue;
    const others = names.get(one.identity)!;
    if (others.length !== one.links || others.some((other) => !why.has(other) || why.get(other) !== undefined)) why.set(one, 'it has another name (a hard link) that stays');
  }
  const going = found.filter((one) => one.kind === 'file' && why.has(one) && why.get(one) === undefined);
  if (going.length > 0 && known.unnamed > 0) throw nothing(`the catalogue has ${known.unnamed} more ${known.unnamed === 1 ? 'file' : 'files'} at ${scratch.rse} than its rules name, and ${going[0]!.parts.join('/')} may be one of them (while Rucio deletes files there, it is so for a time)`);
  if (going.length > 0) await sameStorage(context, found, going, known.places, signal);

  const swept: Swept[] = [];
  const deleted = { files: 0, folders: 0, bytes: 0 };
  const gone = new Map<string, number>();
  const tell = (one: Found, what: Swept['what'], text: string): void => {
    if (swept.length < TOLD) swept.push({ path: pathOf(one), folder: one.kind === 'folder', bytes: one.kind === 'folder' ? 0 : one.bytes, what, why: text });
  };
  const take = async (one: Found, text: string): Promise<void> => {
    const trouble = remove ? await takeAway(folder, one, busy) : undefined;
    if (trouble !== undefined) return tell(one, 'stays', trouble);
    const above = one.parts.slice(0, -1).join('/');
    gone.set(above, (gone.get(above) ?? 0) + 1);
    if (one.kind === 'folder') deleted.folders++;
    else {
      deleted.files++;
      deleted.bytes += one.bytes;
    }
    tell(one, remove ? 'deleted' : 'would be deleted', text);
  };
  let young = 0;
  const age = (one: Found): string => `${Math.floor((now - one.changed) / DAY)} days old`;
  for (const one of found) {
    if (signal?.aborted) throw new RucioError('cancelled', 'Cancelled.');
    const stays = why.get(one);
    if (stays !== undefined) tell(one, 'stays', stays);
    else if (one.kind === 'file' && why.has(one)) await take(one, `${age(one)}, in no catalogue`);
    else if (one.kind === 'folder' && (one.holds ?? 1) === (gone.get(one.parts.join('/')) ?? 0)) {
      if (!old(one)) young++;
      else if (used.has(one.identity)) tell(one, 'stays', 'a program works in it');
      else await take(one, `${age(one)}, empty`);
    } else if (one.kind !== 'folder') young++;
  }
  return { folder, as: context.as, days, swept, deleted, young, truncated: swept.length === TOLD };
}

/** It goes only as what was found, from the folder in which it was found. Gives why it stays. */
async function takeAway(root: string, one: Found, busy: () => ReadonlySet<string>): Promise<string | undefined> {
  const file = path.join(root, ...one.parts);
  if (one.kind === 'file' && busy().has(file)) return 'it is on its way: datalake upload is not done with it';
  try {
    const above = await openBelow(root, one.parts.slice(0, -1));
    try {
      const at = path.join(above.path, one.parts.at(-1)!);
      const now = await fs.lstat(at, { bigint: true });
      if (identityOf(now) !== one.identity || kindOf(now) !== one.kind) return 'another one was put in its place meanwhile';
      if (one.kind === 'folder') {
        await fs.rmdir(at); // not when something came into it
        return undefined;
      }
      // Of a hard link the other names are gone already, and each counts as a change.
      if (one.links === 1 && changedOf(now) !== one.changed) return 'it was changed meanwhile';
      await fs.unlink(at);
      return undefined;
    } finally {
      await above.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? 'it is gone already' : code === 'ENOTEMPTY' ? 'something came into it meanwhile' : `it can't be taken away (${code})`;
  }
}

/** A wrong path_begins_at would make all that is in the catalogue look unknown: the storage, or a place that the catalogue knows, has to agree. */
async function sameStorage({ storage, scratch, folder }: SweepContext, found: readonly Found[], going: readonly Found[], places: ReadonlyMap<string, DID>, signal: AbortSignal | undefined): Promise<void> {
  const pfnOf = (one: Found): string | undefined => {
    const place = scratch.pfnOf(path.join(folder, ...one.parts));
    return 'pfn' in place ? place.pfn : undefined;
  };
  if (found.some((one) => one.kind === 'file' && places.has(placeOf(pfnOf(one) ?? '')))) return;
  for (const one of going.slice(0, TRIED)) {
    const there = await nothingUnless('the storage can\'t be asked whether it has what lies here', storage.stat(addressOf(pfnOf(one)!), {}, signal));
    if (!there || there.bytes !== one.bytes) throw nothing(`the storage ${scratch.rse} ${there ? `has ${there.bytes} bytes` : 'has nothing'} where ${one.parts.join('/')} lies here (${one.bytes} bytes): scratch_path_begins_at seems wrong`);
  }
}

/** By a file that is made and taken away: on a network storage another clock than ours sets the times. */
async function clockOf(folder: string): Promise<number> {
  const file = path.join(folder, `.datalake-clock-${randomBytes(6).toString('hex')}`);
  try {
    await fs.writeFile(file, '', { flag: 'wx', mode: 0o600 });
  } catch {
    return Infinity; // nothing can be taken away there either, and that is said of each
  }
  try {
    return (await fs.lstat(file)).mtimeMs;
  } finally {
    await fs.rm(file, { force: true });
  }
}

function nothing(why: string): RucioError {
  return new RucioError('refused', `Nothing is deleted: ${why}.`, { exceptionClass: 'NothingSwept' });
}

async function nothingUnless<T>(why: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw RucioError.is(error) && error.kind !== 'cancelled' ? error.with({ facts: [error.facts, `Nothing is deleted: ${why}.`].filter(Boolean).join(' ') }) : error;
  }
}
