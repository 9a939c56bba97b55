// What a client's settings and pod came to, for *Show Configuration*: each value with its source, what was ignored and
// why, what lies ready to sign in with. Of secrets only whether they are there.
import type { Source } from '../lake/config/entry.ts';
import { shown } from '../lake/config/entry.ts';
import { readPassword } from '../lake/config/rucioCfg.ts';
import type { HubTokens } from '../lake/session/hub.ts';
import type { Resolved } from '../lake/instances.ts';
import type { Lake } from '../lake/lake.ts';
import { proxyFileIn } from '../lake/session/kept.ts';
import { usesHub } from '../lake/session/podSignIn.ts';
import { tokenStates } from '../lake/session/podTokens.ts';
import type { ClientSettings, Configuration } from '../protocol.ts';

/** As it was read for one client. */
export interface ReadConfiguration {
  readonly readAt: number;
  readonly sources: readonly Source[];
  readonly resolved: Resolved;
}

/** `lakeOf`: what is open for an instance of this client's. */
export async function configurationOf({ readAt, sources, resolved }: ReadConfiguration, lakeOf: (name: string) => { readonly lake: Lake; readonly hub: HubTokens; readonly settings: ClientSettings } | undefined): Promise<Configuration> {
  const instances = await Promise.all(resolved.explained.map(async (explained) => {
    const open = lakeOf(explained.name);
    if (!open) return [];
    const { lake, hub, settings } = open;
    return [{ ...explained, ready: await ready(lake, hub, settings), session: lake.session.info, proxy: lake.transport.proxyInForce, certificates: lake.transport.certificatesInForce }];
  }));
  return { readAt, sources: sources.map(({ name, state }) => ({ name: shown(name), state })), instances: instances.flat(), problems: resolved.problems, notes: resolved.notes };
}

/** In the order in which the session tries them. */
async function ready({ instance, session }: Lake, hub: HubTokens, { env }: ClientSettings): Promise<{ place: string; state: string }[]> {
  const { passwordFile, authType, sshKey, clientCert, clientProxy } = instance;
  const proxy = authType === 'x509_proxy' ? proxyFileIn(instance, (name) => env[name]) : undefined;
  const password = passwordFile === undefined ? [] : [{
    place: `password in ${passwordFile}`,
    state: authType !== undefined && authType !== 'userpass' ? `not used: auth_type is ${authType}` : await readPassword(passwordFile) ? 'set, used quietly as rucio itself does' : 'not there any more',
  }];
  const key = [['ssh', sshKey, 'SSH key'], ['x509', clientCert, 'certificate'], ['x509_proxy', clientProxy, 'grid proxy']] as const;
  const keys = key.flatMap(([type, file, what]) => (file === undefined ? [] : [{ place: `${what} ${shown(file)}, named by rucio.cfg`, state: type === authType ? 'used quietly as rucio itself does' : `not used: auth_type is ${authType ?? 'not set'}` }]));
  if (clientProxy === undefined && proxy !== undefined) keys.push({ place: `grid proxy ${shown(proxy)}`, state: 'used quietly as rucio itself does' });
  const remembered = { place: 'what you signed in with last, in the editor\'s secret storage', state: 'looked up when it is needed' };
  return [...await tokenStates(instance, (name) => env[name], session.clock.now()), ...(usesHub(instance) ? hub.states() : []), remembered, ...password, ...keys];
}
