// When the copy in scratch may go: the rule elsewhere is OK, its storage has the file with the same size and checksum, and what lies in scratch is
// still what was uploaded. Then the rule that holds it there gets an end, and Rucio deletes it. Nothing is deleted here.
import fs from 'node:fs/promises';
import { RucioError } from '../../rucio/errors.ts';
import { endOf, SLACK } from '../rules/granted.ts';
import { sumsOf } from '../transfers/send.ts';
import { SCHEMES } from '../../storage/url.ts';
import type { ScratchChange, ScratchRow } from './journal.ts';
import { knownOf, sameAtStorage, type StepContext } from './steps.ts';

/** How the rule to the destination is, as Rucio names it. @throws RucioError StaysInScratch when it is gone. */
export async function ruleState({ client, signal }: StepContext, row: ScratchRow): Promise<string> {
  try {
    return (await client.getRule(row.rule!, signal)).state;
  } catch (error) {
    throw RucioError.is(error, 'notFound') ? stays(row, `the rule that was to bring it to ${row.destination} is gone: it ran out, was denied or deleted`) : error;
  }
}

/** The rule is OK: what is left to be done. @throws RucioError when the copy must stay. */
export async function letGo(context: StepContext, row: ScratchRow): Promise<ScratchChange> {
  await safeElsewhere(context, row);
  if (row.hold === null) return { step: 'kept' };
  await unchanged(row);
  return { step: 'released', deleted_from: await release(context, row, row.hold) };
}

/** @throws RucioError unless a storage other than scratch, which this rule locks it at, has it whole by its own word. */
async function safeElsewhere({ client, storage, signal }: StepContext, row: ScratchRow): Promise<void> {
  const places = new Set<string>();
  for await (const locks of client.listReplicaLocks(row.rule!, signal)) for (const { rse, state, scope, name } of locks) if (scope === row.scope && name === row.name && state === 'OK' && rse !== row.rse) places.add(rse);
  const known = await knownOf(client, row, signal);
  const pfns = [...places].filter((rse) => known?.states[rse] === 'AVAILABLE').flatMap((rse) => (known?.rses[rse] ?? []).filter((pfn) => SCHEMES.includes(pfn.slice(0, pfn.indexOf(':')))));
  const [pfn] = pfns;
  if (pfn === undefined) throw stays(row, places.size === 0 ? 'the rule to it is OK, and keeps it nowhere but in scratch' : `${[...places].join(', ')} has it by the catalogue, and can't be asked from here whether it is whole (no davs or https)`);
  await sameAtStorage(storage, pfn, { bytes: row.bytes, adler32: row.adler32! }, signal);
}

/** Written to since: the newer content is nowhere else. */
async function unchanged(row: ScratchRow): Promise<void> {
  const now = await fs.stat(row.path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined; // taken away by hand
    throw stays(row, `it can't be looked at here any more (${error.code})`);
  });
  if (!now || (now.size === row.bytes && Math.round(now.mtimeMs) === row.mtime)) return;
  const sums = now.size === row.bytes ? await sumsOf({ ...row, mtime: Math.round(now.mtimeMs) }).catch(() => undefined) : undefined;
  if (sums?.adler32 !== row.adler32 || sums?.md5 !== row.md5) throw stays(row, 'it was written to since it was uploaded, and what is in it now is nowhere else');
}

/** @returns from when on it is deleted, ms since 1970. */
async function release({ client, signal }: StepContext, row: ScratchRow, hold: string): Promise<number> {
  try {
    await client.updateRule(hold, { lifetime: row.delay }, signal);
  } catch (error) {
    if (RucioError.is(error, 'notFound')) return Date.now();
    throw RucioError.is(error, 'accessDenied') ? new RucioError('accessDenied', error.message, { subject: `${row.scope}:${row.name}`, exceptionClass: 'MayNotRelease', cause: error }) : error;
  }
  const until = Date.now() + row.delay * 1000;
  const now = await client.getRule(hold, signal).catch((error: unknown) => {
    if (RucioError.is(error, 'notFound')) return undefined; // it ended at once
    throw error;
  });
  const end = now && endOf(now);
  if (end === null) throw stays(row, 'the server took the end of the rule that holds it, and gave it none');
  return end !== undefined && Math.abs(end - until) > SLACK * 1000 ? end : until;
}

function stays(row: ScratchRow, why: string): RucioError {
  return new RucioError('refused', `${row.path} stays in scratch: ${why}.`, { subject: `${row.scope}:${row.name}`, exceptionClass: 'StaysInScratch' });
}
