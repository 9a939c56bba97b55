// What is going to be uploaded, before anything is: files and their names, and what is known to be in the way.
import { RucioError } from '../../rucio/errors.ts';
import type { RucioClient } from '../../rucio/client.ts';
import type { DID } from '../../rucio/types.ts';
import type { Storage } from '../../storage/storage.ts';
import { bytesText, missingText, quotaLeft, roomAt } from '../rules/quota.ts';
import { duplicatesAmong, LOOKED_UP, type Duplicate } from './duplicates.ts';
import { datasetOf, didOf, impossible, isUsual, numbered } from './names.ts';
import { storageProblems } from './places.ts';
import { localFiles, type Skipped } from './source.ts';
import type { PlannedName, UploadPlan, UploadWish } from './types.ts';

/** Files of a plan that are shown, where nobody asked for more. */
const SHOWN = 1000;
/** A taken name is numbered up to here. */
const MOST_NUMBERS = 1000;

type PlanClient = Pick<RucioClient, 'getRse' | 'getDid' | 'listAccountScopes' | 'accountUsage' | 'accountGlobalUsage' | 'listRses' | 'getRseLimits' | 'listRseUsage' | 'lfns2pfns' | 'listReplicas'>;

export interface PlanContext {
  readonly client: PlanClient;
  /** Absent: it is not asked whether it is there. */
  readonly storage?: Pick<Storage, 'stat'>;
  readonly account: string;
  /** Whether there is anything to show to a storage. */
  readonly known: boolean;
}

interface Planned extends DID {
  readonly path: string;
  readonly bytes: number;
  readonly mtime: number;
  name: string;
  problem?: string;
  note?: string;
}

export interface PlannedUpload {
  readonly plan: UploadPlan;
  readonly files: readonly (DID & { readonly path: string; readonly bytes: number; readonly mtime: number })[];
}

/** Never fails for what a person can mend: that is in `plan.problems`. `shown`: so many files are in the plan, by default a thousand. */
export async function planUpload({ client, storage, account, known }: PlanContext, wish: UploadWish, { shown = SHOWN, signal }: { readonly shown?: number; readonly signal?: AbortSignal | undefined } = {}): Promise<PlannedUpload> {
  const problems: string[] = [];
  const warnings: string[] = [];
  const local = await localFiles(wish.paths, wish.links ?? 'skip', ({ path: file, parts, bytes, mtime }): Planned => ({ path: file, ...(wish.rename?.[file] === undefined ? didOf(parts, wish) : { scope: wish.scope, name: wish.rename[file] }), bytes, mtime }), signal);
  const skipped: Skipped[] = [...local.skipped];
  const all = local.files;
  const expected = (error: unknown): string => {
    if (!RucioError.is(error) || ['cancelled', 'signInNeeded', 'unreachable', 'timeout', 'busy'].includes(error.kind)) throw error;
    return error.message;
  };
  const collection = wish.container ?? wish.dataset;
  const [duplicates, storageSays, scopes, there, [room], usage] = await Promise.all([
    duplicatesAmong(client, all, signal),
    storageProblems(client, storage, wish.rse, all[0] ?? { scope: wish.scope, name: 'x' }, signal),
    client.listAccountScopes(account, signal),
    collection && client.getDid(collection, {}, signal).catch((error: unknown) => (RucioError.is(error, 'notFound') ? undefined : void warnings.push(expected(error)))),
    roomAt(client, account, [wish.rse], signal),
    client.listRseUsage(wish.rse, signal).catch((error: unknown) => (RucioError.is(error, 'accessDenied', 'notFound') ? [] : Promise.reject(error instanceof Error ? error : new Error(String(error))))),
  ]);

  const { files, taken: takenFiles, same } = await settled(client, all, duplicates, wish, skipped, signal);
  nameProblems(files, problems, warnings);
  if (files.length === 0) problems.push(skipped.length === 0 ? 'There are no files.' : `There is nothing to upload: ${skipped[0]!.path} is left out (${skipped[0]!.why}).`);
  const [first, ...more] = takenFiles;
  if (first) problems.push(`${first.scope}:${first.name} ${more.length === 0 ? '' : `and ${more.length} more `}means another file in the lake already, and a name there means one content for ever: leave ${more.length === 0 ? 'it' : 'them'} out, or choose other names.`);
  if (all.length > LOOKED_UP) warnings.push(`Only the first ${LOOKED_UP.toLocaleString('en-US')} names were looked up in the lake now; the others are when they are sent.`);

  problems.push(...storageSays.problems);
  warnings.push(...storageSays.warnings);
  const unknown = !known && !storageSays.signed;
  if (unknown) warnings.push('Most storages do not know a password or token of Rucio’s own: to write there, sign in with a certificate or an OpenID token first.');
  if (!scopes.includes(wish.scope)) warnings.push(`${wish.scope} is not one of your scopes (${scopes.slice(0, 5).join(', ') || 'you have none'}${scopes.length > 5 ? ', …' : ''}): the server may refuse new names there.`);
  collectionProblems(wish, there || undefined, problems);
  const datasets = datasetsOf(files, wish, problems, warnings);

  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const missing = room ? missingText([room], bytes) : '';
  if (missing !== '') problems.push(`There is not enough room. ${missing}`);
  const free = usage.find(({ source, free: left }) => source === 'storage' && typeof left === 'number')?.free ?? undefined;
  if (missing === '' && free !== undefined && free < bytes) warnings.push(`The storage of ${wish.rse} said last that ${bytesText(free)} are free on it, and ${bytesText(bytes)} are to be uploaded.`);
  const left = room ? quotaLeft(room) : null;
  return {
    plan: {
      files: files.slice(0, shown).map(({ path: file, scope, name, bytes: size, problem, note }): PlannedName => ({ path: file, did: { scope, name }, bytes: size, ...(problem !== undefined && { problem }), ...(note !== undefined && { note }) })),
      total: files.length, bytes, skipped: skipped.slice(0, shown), linksOut: local.linksOut, taken: takenFiles.length, same, datasets: datasets.slice(0, SHOWN), problems, warnings, stranger: unknown || (storageSays.denied ?? false),
      quotaLeft: left !== null && Number.isFinite(left) ? left : null,
    },
    files,
  };
}

/** What is done with files that the lake knows by their names, as the wish says. */
async function settled(client: PlanClient, all: readonly Planned[], duplicates: ReadonlyMap<string, Duplicate>, wish: UploadWish, skipped: Skipped[], signal?: AbortSignal): Promise<{ readonly files: Planned[]; readonly taken: readonly Planned[]; readonly same: number }> {
  const files: Planned[] = [];
  const toNumber: Planned[] = [];
  const taken: Planned[] = [];
  let same = 0;
  for (const file of all) {
    const duplicate = duplicates.get(file.path);
    if (duplicate === 'same') {
      same++;
      if (wish.same === 'skip') {
        skipped.push({ path: file.path, why: 'in the lake already, byte for byte' });
        continue;
      }
      file.note = 'in the lake already: a rule is added, nothing is sent';
    } else if (duplicate === 'other') {
      if (wish.taken === 'skip') {
        skipped.push({ path: file.path, why: `${file.scope}:${file.name} is another file in the lake` });
        continue;
      }
      if (wish.taken === 'number') toNumber.push(file);
      else {
        taken.push(file);
        file.problem = 'another file has this name in the lake';
      }
    } else if (duplicate === 'unsure') file.note = 'a file of this name and size is in the lake: it is compared when it is its turn';
    files.push(file);
  }
  if (toNumber.length > 0) await number(client, files, toNumber, signal);
  return { files, taken, same };
}

/** Gives each a name that is free, here and in the lake. */
async function number(client: PlanClient, files: readonly Planned[], toNumber: readonly Planned[], signal?: AbortSignal): Promise<void> {
  const mine = new Set(files.map(({ name }) => name));
  let open = toNumber.map((file) => ({ file, stem: file.name, n: 2 }));
  for (let round = 0; open.length > 0 && round < MOST_NUMBERS; round++) {
    for (const one of open) {
      while (mine.has(numbered(one.stem, one.n))) one.n++;
      one.file.name = numbered(one.stem, one.n++);
      one.file.note = `called so, as ${one.stem} is another file in the lake`;
      mine.add(one.file.name);
    }
    const found = await duplicatesAmong(client, open.map(({ file }) => file), signal);
    open = open.filter(({ file }) => found.get(file.path) === 'other');
  }
}

function nameProblems(files: readonly Planned[], problems: string[], warnings: string[]): void {
  const seen = new Map<string, string>();
  let odd = 0;
  const bad: Planned[] = [];
  for (const file of files) {
    const other = seen.get(file.name);
    const problem = impossible(file.name) ?? (other === undefined ? undefined : `${other} would have the same name`);
    if (other === undefined) seen.set(file.name, file.path);
    if (!isUsual(file.name)) odd++;
    if (problem === undefined) continue;
    file.problem = problem;
    bad.push(file);
  }
  if (bad.length > 0) problems.push(`${bad.length === 1 ? 'One file can\'t' : `${bad.length} files can't`} be uploaded under ${bad.length === 1 ? 'its name' : 'their names'}: ${bad[0]!.path}: ${bad[0]!.problem}.`);
  if (odd > 0) warnings.push(`${odd === 1 ? 'One name holds' : `${odd} names hold`} other characters than letters, digits, “.”, “-” and “_”: many servers refuse such names.`);
}

function collectionProblems(wish: UploadWish, there: { readonly type: string; readonly open?: boolean } & DID | undefined, problems: string[]): void {
  const { container, dataset } = wish;
  const collection = container ?? dataset;
  if (!collection) return;
  const word = container ? 'container' : 'dataset';
  if (there) {
    if (there.type.toLowerCase() !== word) problems.push(`${there.scope}:${there.name} is a ${there.type.toLowerCase()}: ${container ? 'datasets are put into containers' : 'files are put into datasets'} only.`);
    else if (there.open === false) problems.push(`The ${word} ${there.scope}:${there.name} is closed: it takes ${container ? 'nothing' : 'no'} more${container ? '' : ' files'}.`);
    return;
  }
  const why = impossible(collection.name);
  if (why !== undefined) problems.push(`The ${word} can't be made: ${why}.`);
}

/** Of a container, with how many files go into each. */
function datasetsOf(files: readonly Planned[], wish: UploadWish, problems: string[], warnings: string[]): readonly { readonly did: DID; readonly files: number }[] {
  if (!wish.container) return [];
  const all = new Map<string, { readonly did: DID; files: number }>();
  for (const { path: file } of files) {
    const did = datasetOf(file, wish);
    if (!did) continue;
    const known = all.get(did.name);
    if (known) known.files++;
    else all.set(did.name, { did, files: 1 });
  }
  for (const { did } of all.values()) {
    const why = impossible(did.name);
    if (why !== undefined) problems.push(`The dataset ${did.name} can't be made: ${why}.`);
  }
  const odd = [...all.keys()].find((name) => !isUsual(name));
  if (odd !== undefined) warnings.push(`The name of the dataset ${odd} holds other characters than letters, digits, “.”, “-” and “_”: many servers refuse such names.`);
  return [...all.values()].sort((a, b) => (a.did.name < b.did.name ? -1 : 1));
}
