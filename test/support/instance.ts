// How a test configures the extension for a lake, and signs in as a person would.
import * as protocol from '../../src/protocol.ts';
import type { ServiceClient } from '../../src/client/client.ts';
import type { LakeInfo } from './lake/info.ts';

/** The keys of the setting rucio.instances, as a user writes them. */
export interface InstanceSetting {
  readonly name: string;
  readonly display_name: string;
  readonly rucio_base_url: string;
  readonly rucio_ca_cert?: string;
  readonly rucio_webui_url?: string;
  readonly mode: 'replica';
  readonly destination_rse: string;
  readonly rse_mount_path: string;
  readonly path_begins_at: number;
  readonly xcache_prefix?: string;
  readonly replication_rule_lifetime_days?: number;
}

/** The lake's instance, "lake", with EULAKE-1 mounted. `change` overrides keys. */
export function instanceOf(lake: LakeInfo, change: Partial<InstanceSetting> = {}): InstanceSetting {
  return {
    name: 'lake', display_name: 'Test Lake', rucio_base_url: lake.rucio.https, rucio_ca_cert: lake.ca.file, rucio_webui_url: 'https://webui.lake.test', mode: 'replica',
    destination_rse: 'EULAKE-1', rse_mount_path: lake.rses['EULAKE-1'].mount ?? '', path_begins_at: 1, replication_rule_lifetime_days: 7, ...change,
  };
}

export async function signIn(client: ServiceClient, lake: LakeInfo, account: 'root' | 'alice' | 'bob', instance = 'lake'): Promise<void> {
  await client.request(protocol.signIn, { instance, credentials: { method: 'userpass', ...lake.accounts[account].userpass } });
}
