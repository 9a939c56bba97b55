// What lies in a folder of scratch, for the view: in the catalogue or not, safe elsewhere or not, and when the sweep may take it.
import fs from 'node:fs/promises';
import path from 'node:path';
import type { RucioClient } from '../../rucio/client.ts';
import { RucioError } from '../../rucio/errors.ts';
import type { DID } from '../../rucio/types.ts';
import { explain } from '../advice.ts';
import { type Catalogued, placeOf } from './catalogued.ts';
import type { Scratch } from './place.ts';
import { SCRATCH_DAYS, type ScratchEntry, type ScratchFile, type ScratchListing } from './types.ts';
import { changedOf, kindOf } from './walk.ts';

export interface ListingContext {
  readonly client: Pick<RucioClient, 'listReplicas'>;
  readonly scratch: Scratch;
  readonly known: () => Promise<Catalogued>;
  readonly fileOf: (pfn: string) => ScratchFile | undefined;
}

/** At most `limit`, by name, folders first. @throws RucioError mount when the folder can't be opened. */
export async function listScratch({ client, scratch, known, fileOf }: ListingContext, folder: string, limit: number, signal?: AbortSignal): Promise<ScratchListing> {
  const names = await fs.readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => { throw new RucioError('mount', `${folder} can't be opened (${error.code}).`, { subject: folder }); });
  names.sort((a, b) => Number(b.isDirectory()) - Number(a.isDirectory()) || (a.name < b.name ? -1 : 1));
  const shown = (await Promise.all(names.slice(0, limit).map(async ({ name }) => {
    const at = await fs.lstat(path.join(folder, name), { bigint: true }).catch(() => undefined);
    return at && { name, at };
  }))).filter((one) => one !== undefined);
  const base = shown.map(({ name, at }) => {
    const kind = kindOf(at);
    const file = path.join(folder, name);
    const place = kind === 'file' ? scratch.pfnOf(file) : undefined;
    return { file, pfn: place && 'pfn' in place ? place.pfn : undefined, entry: { path: file, name, kind: kind === 'folder' || kind === 'file' ? kind : 'other', bytes: kind === 'file' ? Number(at.size) : 0, changed: changedOf(at) } satisfies ScratchEntry };
  });
  let problem: string | undefined;
  const dids = new Map<string, DID | null>();
  const elsewhere = new Map<string, string[]>();
  if (base.some(({ pfn }) => pfn !== undefined)) {
    try {
      const { places, unnamed } = await known();
      for (const { pfn, file } of base) if (pfn !== undefined) dids.set(file, places.get(placeOf(pfn)) ?? null);
      if (unnamed > 0) problem = `The catalogue has ${unnamed} more ${unnamed === 1 ? 'file' : 'files'} at ${scratch.rse} than its rules name: what is called not in the catalogue may be one of them, and is not swept.`;
      const asked = [...dids.values()].filter((did) => did !== null);
      if (asked.length > 0) {
        for await (const rows of client.listReplicas(asked, {}, signal)) {
          for (const { scope, name, states } of rows) elsewhere.set(`${scope}:${name}`, Object.keys(states).filter((rse) => rse !== scratch.rse && states[rse] === 'AVAILABLE').sort());
        }
      }
    } catch (error) {
      if (!RucioError.is(error) || RucioError.is(error, 'cancelled', 'signInNeeded')) throw error;
      const { what, next } = explain(error);
      problem = `${what} ${next}`;
      dids.clear();
    }
  }
  return {
    folder, more: names.length > limit, ...(problem !== undefined && { problem }),
    entries: base.map(({ file, pfn, entry }): ScratchEntry => {
      if (pfn === undefined) return entry;
      const upload = fileOf(pfn);
      const did = dids.get(file);
      const unknown = did === undefined; // the catalogue could not be asked
      const underWay = upload !== undefined && upload.step !== 'released' && upload.step !== 'kept';
      return {
        ...entry, ...(!unknown && { did }), ...(upload && { upload }),
        ...(did && { elsewhere: elsewhere.get(`${did.scope}:${did.name}`) ?? [] }),
        ...(did === null && !underWay && { sweptFrom: entry.changed + SCRATCH_DAYS * 86_400_000 }),
      };
    }),
  };
}
