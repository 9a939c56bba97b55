// From rest on a DID to the hover's text: the window's part, the lake service, the two calls to the server; and how many
// calls those are. Against one curl of what the DID is.
import type { ServiceClient } from '../../src/client/client.ts';
import { Glances } from '../../src/ui/code/glances.ts';
import { faultyProxy } from '../support/faults.ts';
import { instanceOf, signIn } from '../support/instance.ts';
import { run } from '../support/install.ts';
import { token } from '../support/lake/client.ts';
import { testService } from '../support/service.ts';
import { type Benchmark, inTurns, seconds } from './benchmark.ts';
import { atEnd, built, lake, windowClient } from './surroundings.ts';

const ROUNDS = 20;

/** A hover asks through this; what it paints of the answer is text. */
const glanceOf = (client: ServiceClient, did: { readonly scope: string; readonly name: string }): Promise<unknown> => new Glances(client).at({ instance: 'lake', ...did });

export const hover: Benchmark = {
  name: 'hover', what: 'hover on a DID with a warm token, from rest to its text', against: 'curl of GET /dids/… with a token', aim: 2, unit: 's',
  run: async () => {
    const [client, info] = [await windowClient(), await lake()];
    const did = didOf(info.seed.dids.available);
    const address = `${info.rucio.https}/dids/${did.scope}/${did.name}?dynamic_depth=FILE`;
    const own = await token(info, 'alice');
    return inTurns(ROUNDS, () => seconds(() => glanceOf(client, did)), () => seconds(() => run('curl', ['-sf', '--cacert', info.ca.file, '-H', `X-Rucio-Auth-Token: ${own}`, address], {})));
  },
};

export const hoverRequests: Benchmark = {
  name: 'hover-requests', what: 'calls to the server for one hover: the most, of a dataset that is here, one that is not, and a container', against: null, aim: 2, unit: 'requests',
  run: async () => {
    await built();
    const info = await lake();
    const proxy = await faultyProxy(info.rucio.http, { host: 'lake.test' });
    atEnd(() => proxy.close());
    const service = testService();
    atEnd(() => service.stop());
    const client = service.client({ instances: [instanceOf(info, { rucio_base_url: proxy.url })] });
    await signIn(client, info, 'alice');
    const { available, elsewhere, container } = info.seed.dids;
    const ours: number[] = [];
    for (const text of [available, elsewhere, container]) {
      const began = proxy.seen.length;
      await glanceOf(client, didOf(text));
      ours.push(proxy.seen.length - began);
    }
    return { ours: [Math.max(...ours)], theirs: null };
  },
};

function didOf(text: string): { readonly scope: string; readonly name: string } {
  const colon = text.indexOf(':');
  return { scope: text.slice(0, colon), name: text.slice(colon + 1) };
}
