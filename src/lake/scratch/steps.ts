// What is done with a file in scratch until a rule brings it elsewhere, one step after the other. Each may have been done before a kill, or its
// answer lost: what is there is looked at first, and nothing is made twice.
import type { RucioClient } from '../../rucio/client.ts';
import { RucioError } from '../../rucio/errors.ts';
import type { FileReplicas, NewRule, Rule } from '../../rucio/types.ts';
import type { Storage } from '../../storage/storage.ts';
import { lifetimeNotes } from '../rules/granted.ts';
import { sumsOf } from '../transfers/send.ts';
import type { ScratchChange, ScratchRow } from './journal.ts';
import { addressOf } from './place.ts';

export type ScratchClient = Pick<RucioClient, 'listReplicas' | 'addReplicas' | 'listDidRules' | 'addRule' | 'getRule' | 'updateRule' | 'listReplicaLocks' | 'listRses'>;

export interface StepContext {
  readonly client: ScratchClient;
  readonly storage: Pick<Storage, 'stat'>;
  readonly signal: AbortSignal;
}

/** By this comment a rule is known to be ours to end. A person's own rule at the same storage never is. */
export const HOLDS = 'datalake upload: holds the file in scratch until it is safe elsewhere';

const DID_OF = ({ scope, name }: ScratchRow): string => `${scope}:${name}`;

/** From the step that the row has to the next. @throws RucioError. */
export async function nextStep(context: StepContext, row: ScratchRow): Promise<ScratchChange> {
  switch (row.step) {
    case 'look':
      return summed(context, row);
    case 'summed':
      return registered(context, row);
    case 'registered':
      return held(context, row);
    case 'held':
      return ruled(context, row);
    case 'ruled':
    case 'released':
    case 'kept':
      throw new Error(`no such step: ${row.step}`);
  }
}

/** Read once through the mount, and compared with what the storage says of it: what is registered is what Rucio will copy. */
async function summed({ storage, signal }: StepContext, row: ScratchRow): Promise<ScratchChange> {
  const sums = await sumsOf(row);
  await sameAtStorage(storage, row.pfn, { bytes: row.bytes, adler32: sums.adler32 }, signal);
  return { step: 'summed', ...sums };
}

/** @throws RucioError where the storage has not, or does not say that it has, this file at this place. */
export async function sameAtStorage(storage: Pick<Storage, 'stat'>, pfn: string, wanted: { readonly bytes: number; readonly adler32: string }, signal: AbortSignal): Promise<void> {
  const url = addressOf(pfn);
  const there = await storage.stat(url, { checksum: true }, signal);
  const differ = (what: string): RucioError => new RucioError('refused', `The storage ${url.host} does not have the same file at ${decodeURIComponent(url.pathname)}: ${what}.`, { subject: url.host, exceptionClass: 'StorageDiffers' });
  if (!there) throw differ('it has nothing there');
  if (there.bytes !== wanted.bytes) throw differ(`it has ${there.bytes} bytes, and ${wanted.bytes} are meant`);
  if (there.adler32 === undefined) throw differ('it gives no checksum, so nobody can know');
  if (there.adler32 !== wanted.adler32) throw differ(`its adler32 is ${there.adler32}, and ${wanted.adler32} is meant`);
}

/** What the catalogue has of it; its checksum must be ours. */
export async function knownOf(client: ScratchClient, row: ScratchRow, signal: AbortSignal): Promise<FileReplicas | undefined> {
  let known: FileReplicas | undefined;
  for await (const rows of client.listReplicas([row], { allStates: true, schemes: ['davs', 'https', 'http', 'dav', 'root'] }, signal)) known = rows[0] ?? known;
  if (known && (known.bytes !== row.bytes || (known.adler32 !== null && known.adler32.padStart(8, '0').toLowerCase() !== row.adler32))) {
    throw new RucioError('refused', `There is another file called ${DID_OF(row)} in the catalogue (${known.bytes} bytes, adler32 ${known.adler32 ?? 'not known'}).`, { subject: DID_OF(row), exceptionClass: 'NameTaken' });
  }
  return known;
}

async function registered({ client, signal }: StepContext, row: ScratchRow): Promise<ScratchChange> {
  const done = { step: 'registered' } as const;
  if (isHere(await knownOf(client, row, signal), row)) return done;
  const { scope, name, bytes, adler32, md5, pfn } = row;
  try {
    await client.addReplicas(row.rse, [{ scope, name, bytes, adler32: adler32!, ...(md5 !== null && { md5 }), state: 'A', pfn }], signal);
  } catch (error) {
    if (!RucioError.is(error) || RucioError.is(error, 'cancelled', 'signInNeeded', 'accessDenied')) throw error;
    if (!isHere(await knownOf(client, row, signal), row)) throw error;
    return done;
  }
  // The server's own word on where it is.
  if (!isHere(await knownOf(client, row, signal), row)) throw new RucioError('refused', `The catalogue does not have ${DID_OF(row)} at ${row.rse}, though it took it.`, { subject: DID_OF(row), exceptionClass: 'NotEntered' });
  return done;
}

function isHere(known: FileReplicas | undefined, row: ScratchRow): boolean {
  const state = known?.states[row.rse];
  if (state === undefined) return false;
  const places = known!.rses[row.rse] ?? [];
  if (!places.includes(row.pfn)) throw new RucioError('refused', `The catalogue has ${DID_OF(row)} at another place of ${row.rse}: ${places[0] ?? 'it does not say where'}.`, { subject: DID_OF(row), exceptionClass: 'OtherPlace' });
  if (state !== 'AVAILABLE') throw new RucioError('refused', `The catalogue has ${DID_OF(row)} at ${row.rse} as ${state}.`, { subject: DID_OF(row), exceptionClass: 'OtherPlace' });
  return true;
}

/** A rule without end holds it where it lies: until that is ended nothing takes the file away. */
async function held(context: StepContext, row: ScratchRow): Promise<ScratchChange> {
  const { client, signal } = context;
  const rule = await ruleAt(context, row, { account: row.account, copies: 1, rse_expression: row.rse, grouping: 'NONE', lifetime: null, comment: HOLDS });
  if (rule.comments !== HOLDS) {
    const notes = rule.expires_at === null ? [] : [`A rule of yours holds it in scratch, and ends on ${rule.expires_at}.`];
    return { step: 'held', hold: null, notes: [...row.notes, 'It stays in scratch: a rule of your own keeps it there.', ...notes] };
  }
  // One that was let go before: held again.
  if (rule.expires_at !== null) await client.updateRule(rule.id, { lifetime: null }, signal);
  const now = rule.expires_at === null ? rule : await client.getRule(rule.id, signal);
  return { step: 'held', hold: rule.id, notes: [...row.notes, ...(now.expires_at === null ? [] : [`The server lets the rule that holds it in scratch end on ${now.expires_at}: it may be deleted then.`])] };
}

async function ruled(context: StepContext, row: ScratchRow): Promise<ScratchChange> {
  const rule = await ruleAt(context, row, { account: row.account, copies: 1, rse_expression: row.destination, grouping: 'NONE', lifetime: row.lifetime });
  return { step: 'ruled', rule: rule.id, rule_state: rule.state, notes: [...row.notes, ...lifetimeNotes(rule, row.lifetime, Date.now())] };
}

/** The account's rule for this file to there: the one that is there, else made. Rucio has at most one of them (rucio 41: RULES_SC_NA_AC_RS_CO_UQ_IDX). */
async function ruleAt({ client, signal }: StepContext, row: ScratchRow, wish: Omit<NewRule, 'dids'>): Promise<Rule> {
  const existing = async (): Promise<Rule | undefined> => (await client.listDidRules(row, signal)).find(({ account, rse_expression: expression, copies }) => account === row.account && expression === wish.rse_expression && copies === 1);
  const before = await existing();
  if (before) return before;
  try {
    const [id] = await client.addRule({ ...wish, dids: [row] }, signal);
    if (id !== undefined) return await client.getRule(id, signal);
  } catch (error) {
    if (!RucioError.is(error, 'duplicateRule', 'unreachable', 'timeout', 'busy', 'cutStream', 'serverError')) throw error;
    // Done, and the answer lost?
    const after = await existing();
    if (!after) throw error;
    return after;
  }
  throw new RucioError('notRucio', `The server made a rule for ${DID_OF(row)} and did not say which.`, { subject: DID_OF(row) });
}
