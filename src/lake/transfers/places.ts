// Where files lie at a storage (RSE): whether it takes any, by which protocols, under which URLs.
import { RucioError, type ErrorKind } from '../../rucio/errors.ts';
import type { RucioClient } from '../../rucio/client.ts';
import type { DID, RSEDetails, RSEProtocol } from '../../rucio/types.ts';
import { storageUsage, type StorageClient } from '../storage.ts';
import type { Storage } from '../../storage/storage.ts';
import { SCHEMES, urlOf } from '../../storage/url.ts';
import { noXrootd } from '../../storage/xrootd.ts';
import type { UploadTarget } from './types.ts';

export type PlacesClient = Pick<RucioClient, 'getRse' | 'lfns2pfns'>;

/** @throws RucioError configuration when nothing can be written there from here, with the reason in words. */
export async function writable(client: Pick<RucioClient, 'getRse'>, rse: string, signal?: AbortSignal): Promise<{ readonly details: RSEDetails; readonly protocols: readonly RSEProtocol[] }> {
  const details = await client.getRse(rse, signal);
  const no = (why: string): RucioError => new RucioError('configuration', `Nothing can be uploaded to ${rse}: ${why}.`, { subject: rse, exceptionClass: 'NotWritable' });
  if (details.availability_write === false) throw no('it takes no new files at the moment');
  if (details.deterministic === false) throw no('its files have no names that follow from their DIDs (it is not deterministic)');
  if (details.rse_type === 'TAPE') throw no('it is a tape; upload to a disk, and make a rule to the tape');
  const writing = (details.protocols ?? []).filter(({ domains }) => (domains.wan.write ?? 0) > 0).sort((a, b) => a.domains.wan.write! - b.domains.wan.write!);
  const spoken = writing.filter(({ scheme }) => SCHEMES.includes(scheme));
  const missing = spoken.some(({ scheme }) => isXroot(`${scheme}:`)) ? noXrootd() : undefined;
  const protocols = spoken.filter(({ scheme }) => !isXroot(`${scheme}:`) || missing === undefined);
  if (protocols.length === 0 && missing !== undefined) throw no(`it is written to by root:// only, and ${missing}`);
  if (protocols.length === 0) throw no(writing.length === 0 ? 'it has no protocol for writing' : `it is written to by ${[...new Set(writing.map(({ scheme }) => scheme))].join(', ')} only, and davs, https or root is needed here`);
  return { details, protocols };
}

/** Their URLs there, by `scope:name`, as the server's own algorithm has them; best protocol first. */
export async function urlsAt(client: PlacesClient, rse: string, protocols: readonly RSEProtocol[], dids: readonly DID[], signal?: AbortSignal): Promise<(did: DID) => readonly URL[]> {
  const all = await Promise.all([...new Set(protocols.map(({ scheme }) => scheme))].map((scheme) => client.lfns2pfns(rse, dids, { scheme, operation: 'write', domain: 'wan' }, signal)));
  return (did) => all.flatMap((pfns) => {
    const pfn = pfns[`${did.scope}:${did.name}`];
    return pfn === undefined ? [] : [urlOf(pfn, did.name)];
  }).sort(ownFirst);
}

/** What we speak ourselves goes before what another program speaks for us (no resume, a process for each call); else in the server's order. */
export function ownFirst(a: URL, b: URL): number {
  return Number(isXroot(a.protocol)) - Number(isXroot(b.protocol));
}

const isXroot = (protocol: string): boolean => protocol.startsWith('root');

/** What the same storage may do by another of its protocols when it failed by this one. */
const OTHER_WAY: readonly ErrorKind[] = ['unreachable', 'timeout', 'certificate', 'configuration', 'accessDenied', 'notRucio', 'serverError', 'busy'];

export function mayHelp(error: RucioError): boolean {
  return OTHER_WAY.includes(error.kind) && !['LocalDisk', 'FileChanged', 'FileExists'].includes(error.exceptionClass ?? '');
}

/** By the first of a storage's protocols that does it. @throws what the first said; its facts say what the others did. */
export async function byAnyWay<T>(urls: readonly URL[], work: (url: URL) => Promise<T>): Promise<T> {
  let first: RucioError | undefined;
  const others: string[] = [];
  for (const url of urls) {
    try {
      return await work(url);
    } catch (error) {
      if (!RucioError.is(error) || !mayHelp(error)) throw first ?? error;
      if (first) others.push(`${url.protocol}// failed, too: ${error.message}`);
      first ??= error;
    }
  }
  throw first && others.length > 0 ? first.with({ facts: [first.facts, ...others].filter(Boolean).join(' ') }) : first;
}

/** ms that a storage has to answer before an upload is offered. */
const PROBE_MS = 10_000;

/** What is known to be in the way at the storage before a byte is sent: it takes nothing from here, knows nobody like us, or is down. `like`: one of the files. `signed`: it has to know nobody, as Rucio signs what it is asked. */
export async function storageProblems(client: PlacesClient, storage: Pick<Storage, 'stat'> | undefined, rse: string, like: DID, signal?: AbortSignal): Promise<{ readonly problems: readonly string[]; readonly warnings: readonly string[]; readonly signed?: boolean; readonly denied?: boolean }> {
  let signed = false;
  try {
    const { details, protocols } = await writable(client, rse, signal);
    signed = typeof details.sign_url === 'string' && protocols.every(({ scheme }) => scheme === 'https');
    const urls = storage ? (await urlsAt(client, rse, protocols, [like], signal))(like) : [];
    if (storage && urls.length > 0) await byAnyWay(urls, (url) => storage.stat(url, {}, AbortSignal.any([AbortSignal.timeout(PROBE_MS), ...(signal ? [signal] : [])])));
    return { problems: [], warnings: [], signed };
  } catch (error) {
    if (!RucioError.is(error) || signal?.aborted || error.kind === 'signInNeeded') throw error;
    const { message } = error;
    const denied = error.exceptionClass === 'StorageDenied';
    const ofStorage = error.exceptionClass?.startsWith('Storage') ?? false;
    if (error.kind === 'cancelled') return { problems: [], warnings: [`The storage of ${rse} has not answered within ${PROBE_MS / 1000} seconds: the upload may have to wait for it.`] };
    if (ofStorage && RucioError.is(error, 'unreachable', 'timeout', 'busy', 'serverError', 'cutStream')) return { problems: [], warnings: [`The storage of ${rse} does not answer now: ${message} What is to be uploaded waits for it a while.`] };
    if (RucioError.is(error, 'unreachable', 'timeout', 'busy')) throw error;
    return { problems: [message], warnings: [], signed, denied };
  }
}

/** Storages that are looked at: an account has limits at a few. */
const MOST_TARGETS = 40;

/** Those at which the account may put something by its quota, and that take files from here; by name. An account without limits of its own: all that take files. */
export async function uploadTargets(client: Pick<RucioClient, 'getRse' | 'listRses'> & StorageClient, account: string, signal?: AbortSignal): Promise<readonly UploadTarget[]> {
  const usage = (await storageUsage(client, account, signal)).filter(({ kind, limit }) => kind === 'local' && limit !== undefined);
  const all: UploadTarget[] = usage.length > 0
    ? usage.map(({ rse, used, limit }) => ({ rse, quotaLeft: limit === null || limit === undefined ? null : Math.max(0, limit - used) }))
    : (await client.listRses(undefined, signal)).map((rse) => ({ rse, quotaLeft: null }));
  const good = await Promise.all(all.slice(0, MOST_TARGETS).map(async (target) => {
    try {
      await writable(client, target.rse, signal);
      return target;
    } catch (error) {
      if (RucioError.is(error, 'configuration', 'notFound', 'accessDenied')) return undefined;
      throw error;
    }
  }));
  return good.filter((target) => target !== undefined).sort((a, b) => (a.rse < b.rse ? -1 : 1));
}
