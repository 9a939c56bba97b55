// Which places in scratch the catalogue knows. Rucio 41 can't be asked by place (POST /replicas/dids looks for a protocol srm, whatever the RSE has:
// core/replica.py get_did_from_pfns), so they are found by the rules that hold something there; and that none is missing is told by their number,
// which the RSE keeps.
import type { RucioClient } from '../../rucio/client.ts';
import { RucioError } from '../../rucio/errors.ts';
import type { DID } from '../../rucio/types.ts';
import { SCHEMES } from '../../storage/url.ts';

export type CataloguedClient = Pick<RucioClient, 'listRules' | 'listRseDatasetLocks' | 'listReplicas' | 'listRseUsage'>;

export interface Catalogued {
  /** By {@link placeOf} their PFN. */
  readonly places: ReadonlyMap<string, DID>;
  /** That many more are there by the RSE's own count: what is not among the places may be one of them. */
  readonly unnamed: number;
}

/** `also`: DIDs that are known to have been there. @throws RucioError whenever a part of it could not be asked. */
export async function catalogued(client: CataloguedClient, rse: string, also: readonly DID[], signal?: AbortSignal): Promise<Catalogued> {
  const dids = new Map<string, DID>();
  const add = ({ scope, name }: DID): void => void dids.set(`${scope}:${name}`, { scope, name });
  also.forEach(add);
  for await (const rows of client.listRules({ rse_expression: rse }, signal)) rows.forEach(add);
  (await client.listRseDatasetLocks(rse, signal)).forEach(add);
  const places = new Map<string, DID>();
  const files = new Set<string>();
  if (dids.size > 0) {
    for await (const rows of client.listReplicas([...dids.values()], { rseExpression: rse, allStates: true, schemes: [...SCHEMES, 'root'] }, signal)) {
      for (const { scope, name, rses, states } of rows) {
        if (states[rse] === undefined) continue;
        files.add(`${scope}:${name}`);
        for (const pfn of rses[rse] ?? []) places.set(placeOf(pfn), { scope, name });
      }
    }
  }
  const count = (await client.listRseUsage(rse, signal)).find(({ source }) => source === 'rucio')?.files;
  if (typeof count !== 'number') throw new RucioError('notRucio', `The server does not say how many files it has at ${rse}.`, { subject: rse, exceptionClass: 'NothingSwept' });
  return { places, unnamed: Math.max(0, count - files.size) };
}

/** The same for all protocols of one storage: host and path, without port and doubled slashes. */
export function placeOf(pfn: string): string {
  const [, host = '', rest = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^/:]+)(?::\d+)?(\/.*)$/is.exec(pfn) ?? [];
  return `${host.toLowerCase()}${rest.replace(/\/{2,}/g, '/')}`;
}
