// What is going to be moved, before anything is: files and their names, and what is known to be in the way.
import path from 'node:path';
import { RucioError } from '../../rucio/errors.ts';
import type { RucioClient } from '../../rucio/client.ts';
import type { DID } from '../../rucio/types.ts';
import { quotaAt, quotaLeft } from '../rules/quota.ts';
import { didOf, impossible, isUsual, localName } from './names.ts';
import { writable } from './places.ts';
import { localFiles, type Skipped } from './source.ts';
import type { DownloadWish, UploadPlan, UploadWish } from './types.ts';

/** Files of a plan that are shown. */
const SHOWN = 1000;

export interface PlannedUpload {
  readonly plan: UploadPlan;
  readonly files: readonly (DID & { readonly path: string; readonly bytes: number; readonly mtime: number })[];
}

/** Never fails for what a person can mend: that is in `plan.problems`. `known`: whether there is anything to show to a storage. */
export async function planUpload(client: Pick<RucioClient, 'getRse' | 'getDid' | 'listAccountScopes' | 'accountUsage' | 'accountGlobalUsage' | 'listRses'>, account: string, known: boolean, wish: UploadWish, signal?: AbortSignal): Promise<PlannedUpload> {
  const problems: string[] = [];
  const warnings: string[] = [];
  const { files: local, skipped } = await localFiles(wish.paths, wish.links ?? 'skip', signal);
  const seen = new Map<string, string>();
  const files: { path: string; scope: string; name: string; bytes: number; mtime: number; problem?: string }[] = [];
  let odd = 0;
  for (const { path: file, parts, bytes, mtime } of local) {
    const did = didOf(parts, wish);
    const other = seen.get(did.name);
    const problem = impossible(did.name) ?? (other === undefined ? undefined : `${other} would have the same name`);
    if (other === undefined) seen.set(did.name, file);
    if (!isUsual(did.name)) odd++;
    files.push({ path: file, ...did, bytes, mtime, ...(problem !== undefined && { problem }) });
  }
  const bad = files.filter(({ problem }) => problem !== undefined);
  if (bad.length > 0) problems.push(`${bad.length === 1 ? 'One file can\'t' : `${bad.length} files can't`} be uploaded under ${bad.length === 1 ? 'its name' : 'their names'}: ${bad[0]!.path}: ${bad[0]!.problem}.`);
  if (odd > 0) warnings.push(`${odd === 1 ? 'One name holds' : `${odd} names hold`} other characters than letters, digits, “.”, “-” and “_”: many servers refuse such names.`);
  if (files.length === 0) problems.push(skipped.length === 0 ? 'There are no files.' : `There is nothing to upload: ${skipped[0]!.path} is left out (${skipped[0]!.why}).`);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);

  const expected = (error: unknown): string => {
    if (!RucioError.is(error) || ['cancelled', 'signInNeeded', 'unreachable', 'timeout', 'busy'].includes(error.kind)) throw error;
    return error.message;
  };
  const [, scopes, dataset, left] = await Promise.all([
    writable(client, wish.rse, signal).catch((error: unknown) => void problems.push(expected(error))),
    client.listAccountScopes(account, signal),
    wish.dataset && client.getDid(wish.dataset, {}, signal).catch((error: unknown) => (RucioError.is(error, 'notFound') ? undefined : void warnings.push(expected(error)))),
    quotaAt(client, account, [wish.rse], signal).then(([room]) => (room ? quotaLeft(room) : null)),
  ]);
  if (!known) warnings.push('You are signed in with a password or a token of Rucio’s own, which storages do not know: most let you write only with a certificate or an OpenID token. Sign in that way first, or you may be refused.');
  if (!scopes.includes(wish.scope)) warnings.push(`${wish.scope} is not one of your scopes (${scopes.slice(0, 5).join(', ') || 'you have none'}${scopes.length > 5 ? ', …' : ''}): the server may refuse new names there.`);
  if (dataset && dataset.type !== 'DATASET') problems.push(`${dataset.scope}:${dataset.name} is a ${dataset.type.toLowerCase()}: files are put into datasets only.`);
  if (dataset?.open === false) problems.push(`The dataset ${dataset.scope}:${dataset.name} is closed: it takes no more files.`);
  if (wish.dataset && !dataset) {
    const why = impossible(wish.dataset.name);
    if (why !== undefined) problems.push(`The dataset can't be made: ${why}.`);
  }
  if (left !== null && left < bytes) problems.push(`Your quota at ${wish.rse} is too small: ${bytes} bytes are to be uploaded, and ${Math.max(0, left)} are left.`);
  return {
    plan: {
      files: files.slice(0, SHOWN).map(({ path: file, scope, name, bytes: size, problem }) => ({ path: file, did: { scope, name }, bytes: size, ...(problem !== undefined && { problem }) })),
      total: files.length, bytes, skipped: (skipped as readonly Skipped[]).slice(0, SHOWN), problems, warnings, quotaLeft: left !== null && Number.isFinite(left) ? left : null,
    },
    files,
  };
}

export interface PlannedFile extends DID {
  readonly path: string;
  readonly bytes: number;
  readonly adler32?: string;
  readonly note?: string;
}

/** Where each file goes. @throws RucioError notFound for a DID that is not there, badInput when nothing is left to fetch. */
export async function planDownload(client: Pick<RucioClient, 'getDid' | 'listFiles'>, wish: DownloadWish, signal?: AbortSignal): Promise<readonly PlannedFile[]> {
  if (!path.isAbsolute(wish.folder)) throw new RucioError('badInput', `The folder has to be a full path: ${wish.folder}.`);
  const files: PlannedFile[] = [];
  const dids = new Set<string>();
  const places = new Set<string>();
  const fits = patternOf(wish.pattern);
  for (const asked of wish.dids) {
    const { type } = await client.getDid(asked, {}, signal);
    const above = wish.flat ? [] : localName(type === 'FILE' ? asked.scope : asked.name).parts;
    for await (const rows of client.listFiles(asked, signal)) {
      for (const { scope, name, bytes, adler32 } of rows) {
        const key = `${scope}:${name}`;
        if (dids.has(key) || !fits(name)) continue;
        dids.add(key);
        // A name that begins with / inside a dataset is its last part only, as Rucio's own client has it.
        const local = localName(type !== 'FILE' && name.startsWith('/') ? path.posix.basename(name) : name);
        let target = path.join(wish.folder, ...above, ...local.parts);
        let changed = local.changed;
        for (let n = 2; places.has(placeOf(target)); n++) {
          const { dir, name: stem, ext } = path.parse(path.join(wish.folder, ...above, ...local.parts));
          target = path.join(dir, `${stem}~${n}${ext}`);
          changed = true;
        }
        places.add(placeOf(target));
        files.push({ scope, name, bytes, path: target, ...(adler32 !== null && { adler32: adler32.padStart(8, '0') }), ...(changed && { note: 'has another name here' }) });
      }
    }
  }
  if (files.length === 0) throw new RucioError('badInput', wish.pattern === undefined ? 'There are no files in it.' : `No file fits “${wish.pattern}”.`);
  return files;
}

/** Where two names are one file: on a disk that takes large and small letters for the same. */
function placeOf(file: string): string {
  const normal = file.normalize('NFC');
  return process.platform === 'linux' ? normal : normal.toLowerCase();
}

function patternOf(pattern: string | undefined): (name: string) => boolean {
  if (pattern === undefined || pattern === '') return () => true;
  const regexp = new RegExp(`^${pattern.replace(/[\\^$+.()|[\]{}]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 's');
  return (name) => regexp.test(name);
}
