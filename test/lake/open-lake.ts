// A Lake (src/lake) on the tests' Rucio, signed in as one of its accounts.
import { settingSource } from '../../src/lake/config/sources.ts';
import { resolveInstances } from '../../src/lake/instances.ts';
import { Lake, type LakeOptions } from '../../src/lake/lake.ts';
import type { Instance } from '../../src/lake/types.ts';
import type { DID } from '../../src/rucio/types.ts';
import { instanceOf } from '../support/instance.ts';
import type { LakeInfo } from '../support/lake/info.ts';

export const MOUNTED = 'EULAKE-1';

/** `more` are further keys of the setting rucio.instances. */
function instanceFor(lake: LakeInfo, more: Readonly<Record<string, unknown>> = {}): Instance {
  const { instances, problems } = resolveInstances([settingSource([{ ...instanceOf(lake), ...more }])]);
  if (!instances[0] || problems.length > 0) throw new Error(JSON.stringify(problems));
  return instances[0];
}

export interface Opened { readonly lake: Lake; readonly calls: string[]; readonly asked: string[]; readonly stored: { value: string | null } }

/** `as`: the account that a person signs in with when asked; null = the question is dismissed. */
export function openLake(info: LakeInfo, as: 'root' | 'alice' | 'bob' | null = 'alice', more: Partial<LakeOptions> & { readonly settings?: Readonly<Record<string, unknown>> } = {}): Opened {
  const calls: string[] = [];
  const asked: string[] = [];
  const stored: { value: string | null } = { value: null };
  const lake = new Lake({
    instance: instanceFor(info, more.settings), network: {}, version: 'test', env: {},
    secrets: {
      get: async () => stored.value,
      store: async (value) => {
        stored.value = value;
      },
    },
    ask: async (reason) => {
      asked.push(reason);
      return as === null ? null : { method: 'userpass', ...info.accounts[as].userpass, account: as };
    },
    people: {},
    log: (line) => calls.push(line),
    ...more,
  });
  return { lake, calls, asked, stored };
}

export function did(text: string): DID {
  const at = text.indexOf(':');
  return { scope: text.slice(0, at), name: text.slice(at + 1) };
}
