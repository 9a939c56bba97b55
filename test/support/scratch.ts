// The scratch space of a pod of the test lake: a folder on the disk of JUPYTER-SCRATCH-EULAKE in which a person works, as /scratch/<user> is.
import fs from 'node:fs';
import path from 'node:path';
import { rest, rows, token } from './lake/client.ts';
import type { LakeInfo } from './lake/info.ts';
import { scratchRse } from './lake/sites.ts';

export const SCRATCH_RSE = scratchRse;

export interface TestScratch {
  /** Where the storage is mounted, and the person's own folder in it. */
  readonly mount: string;
  readonly folder: string;
  /** The keys of an instance. */
  readonly settings: { readonly scratch_rse: string; readonly scratch_mount_path: string; readonly scratch_folder: string };
  file(name: string, content: string | Buffer): string;
  close(): void;
}

export function scratchOf(lake: LakeInfo, user: string): TestScratch {
  const { mount } = lake.rses[SCRATCH_RSE];
  if (mount === undefined) throw new Error(`${SCRATCH_RSE} is not mounted`);
  const folder = path.join(fs.realpathSync(mount), user);
  // The storage is another user than we, and deletes what Rucio tells it to.
  open(folder);
  return {
    mount, folder, settings: { scratch_rse: SCRATCH_RSE, scratch_mount_path: mount, scratch_folder: path.join(mount, user) },
    file(name, content) {
      const at = path.join(folder, name);
      for (let above = path.dirname(at), missing: string[] = []; ; above = path.dirname(above)) {
        if (!fs.existsSync(above)) missing = [above, ...missing];
        else {
          missing.forEach(open);
          break;
        }
      }
      fs.writeFileSync(at, content);
      return at;
    },
    close: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}

function open(folder: string): void {
  fs.mkdirSync(folder, { recursive: true });
  fs.chmodSync(folder, 0o777);
}

/** What catalogue and rules say of it, asked as that account without the extension. */
export async function known(lake: LakeInfo, account: 'alice' | 'bob', scope: string, name: string): Promise<{ readonly adler32?: string; readonly bytes?: number; readonly states: Record<string, string>; readonly pfns: Record<string, string[]>; readonly rules: { readonly id: string; readonly rse_expression: string; readonly state: string; readonly expires_at: string | null; readonly comments: string | null }[] }> {
  const as = await token(lake, account);
  const [row] = rows<{ adler32: string; bytes: number; states: Record<string, string>; rses: Record<string, string[]> }>(await rest(lake, as, 'POST', '/replicas/list', { dids: [{ scope, name }], all_states: true }));
  const rules = row ? rows<never>(await rest(lake, as, 'GET', `/dids/${scope}/${encodeURIComponent(name)}/rules`)) : [];
  return { ...(row && { adler32: row.adler32, bytes: row.bytes }), states: row?.states ?? {}, pfns: row?.rses ?? {}, rules };
}
