// Storages (RSEs): one method for each call of `/rses/`.
import { path } from '../paths.ts';
import { checkObject } from '../rows.ts';
import type { Call } from '../transport.ts';
import type { DID, RSEAttributes, RSEDetails, RSEUsage } from '../types.ts';
import { text, type TokenCaller } from './caller.ts';

/** Of a query string, so that the request line stays below the 4094 bytes of gunicorn and the 8190 of Apache. */
const LONGEST_QUERY = 3000;

export type RseCalls = ReturnType<typeof rseCalls>;

export function rseCalls(caller: TokenCaller) {
  return {
    /** Names of all RSEs, or of those that an RSE expression means (refused with InvalidRSEExpression when it means none). */
    async listRses(expression?: string, signal?: AbortSignal): Promise<string[]> {
      const rows = await caller.allRows<{ rse: string }>({ path: '/rses/', query: { expression }, about: expression ?? 'all RSEs', signal, texts: ['rse'] });
      return rows.map((row) => row.rse);
    },

    async getRse(rse: string, signal?: AbortSignal): Promise<RSEDetails> {
      return checkObject(await caller.json({ path: path`/rses/${rse}`, about: rse, signal }), ['rse'], 'GET /rses/…');
    },

    async getRseAttributes(rse: string, signal?: AbortSignal): Promise<RSEAttributes> {
      return checkObject(await caller.json({ path: path`/rses/${rse}/attr/`, about: rse, signal }), [], 'GET /rses/…/attr/');
    },

    /** PFNs as the RSE's own algorithm makes them (deterministic RSEs), by `scope:name`. */
    async lfns2pfns(rse: string, dids: readonly DID[], options: { scheme: string; operation: string; domain?: string }, signal?: AbortSignal): Promise<Record<string, string>> {
      const pfns: Record<string, string> = Object.create(null) as Record<string, string>;
      const ask = async (lfn: readonly string[]): Promise<void> => {
        const call: Call = { path: path`/rses/${rse}/lfns2pfns`, query: { lfn, scheme: options.scheme, operation: options.operation, domain: options.domain }, about: rse, signal };
        Object.assign(pfns, checkObject<Record<string, string>>(await caller.json(call), lfn, 'GET /rses/…/lfns2pfns'));
      };
      let some: string[] = [];
      let length = 0;
      for (const lfn of dids.map(text)) {
        const more = encodeURIComponent(lfn).length + 5;
        if (some.length > 0 && length + more > LONGEST_QUERY) {
          await ask(some);
          some = [];
          length = 0;
        }
        some.push(lfn);
        length += more;
      }
      if (some.length > 0) await ask(some);
      return pfns;
    },

    /** What each source of numbers (`rucio`, `storage`, …) says of the whole RSE. */
    listRseUsage(rse: string, signal?: AbortSignal): Promise<RSEUsage[]> {
      return caller.allRows({ path: path`/rses/${rse}/usage`, about: rse, signal, texts: ['source'] });
    },

    /** Limits of the RSE itself, by name (`MaxSpaceAvailable`, `MinFreeSpace`, …). Bytes. */
    async getRseLimits(rse: string, signal?: AbortSignal): Promise<Readonly<Record<string, number>>> {
      return checkObject(await caller.json({ path: path`/rses/${rse}/limits`, about: rse, signal }), [], 'GET /rses/…/limits');
    },
  };
}
