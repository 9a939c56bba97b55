// What it costs to know whether a dataset of 100 000 files is here, once and at each poll: our engine against rucio-jupyterlab's server
// extension and curl, and against itself with 1000 files. Our bytes and requests are those of the transport's own log.
import { availabilityOf, type AvailabilityContext } from '../../src/lake/availability/availability.ts';
import * as protocol from '../../src/protocol.ts';
import { settingSource } from '../../src/lake/config/sources.ts';
import { MountInspector } from '../../src/lake/mounts/inspector.ts';
import { resolveInstances } from '../../src/lake/instances.ts';
import { Memory } from '../../src/lake/availability/memory.ts';
import type { AvailabilityInfo, TypedDID } from '../../src/lake/types.ts';
import { rucioClient } from '../../src/rucio/client.ts';
import { Transport } from '../../src/rucio/transport.ts';
import { instanceOf } from '../support/instance.ts';
import { rest, rows, token } from '../support/lake/client.ts';
import { upLake } from '../support/lake/lake.ts';
import { type Benchmark, inTurns, type Samples, seconds } from './benchmark.ts';
import { curl, curlLines, type Poll, startRival } from './rivals.ts';
import { atEnd, lake, once, SCALE, windowClient } from './surroundings.ts';

const RIVAL = 'rucio-jupyterlab 41.0.0';
const SMALL = 1000;

export const pollBytes: Benchmark = {
  name: 'poll-bytes', what: 'a dataset of 100 000 files that is not here is watched: kB from Rucio in a poll', against: RIVAL, aim: 0.0001, unit: 'kB',
  run: () => againstRival((poll) => poll.bytes / 1000, 'bytes'),
};

export const pollCpu: Benchmark = {
  name: 'poll-cpu', what: 'the same: CPU seconds of the process that polls', against: RIVAL, aim: 0.01, unit: 's',
  run: () => againstRival((poll) => poll.cpu, 'cpu'),
};

export const firstAnswer: Benchmark = {
  name: 'first-answer', what: 'is a dataset of 100 000 files here? asked for the first time', against: RIVAL, aim: 0.01, unit: 's',
  run: async () => {
    const dids = [dataset(SCALE)];
    const theirs = (await rivalPolls()).map(({ first }) => first.seconds);
    const { ask } = await asker();
    await ask(dids, new Memory());
    const ours: number[] = [];
    for (let n = 0; n < 5; n++) ours.push(await seconds(() => ask(dids, new Memory())));
    return { ours, theirs };
  },
};

export const firstAnswerCurl: Benchmark = {
  name: 'first-answer-curl', what: 'the same', against: 'one curl of the same facts', aim: 2, unit: 's',
  run: async () => {
    const info = await lake();
    const { ask } = await asker();
    const { scope, name } = dataset(SCALE);
    const config = (url: string): string => `url = "${info.rucio.https}${url}"\noutput = "/dev/null"\n`;
    // The files that are there, and the rules: one process, one connection.
    const input = `header = "X-Rucio-Auth-Token: ${await token(info, 'alice')}"\n${config(`/replicas/${scope}/${name}/datasets?deep=true`)}${config(`/dids/${scope}/${name}/rules`)}`;
    return inTurns(9, () => seconds(() => ask([dataset(SCALE)], new Memory())), () => seconds(() => curl(['--silent', '--show-error', '--fail', '--cacert', info.ca.file, '--config', '-'], input)));
  },
};

export const visible500: Benchmark = {
  name: 'visible-500', what: '400 files and 100 datasets visible, none of them here: requests in a poll, the most of 10 minutes', against: null, aim: 5, unit: 'requests',
  run: async () => {
    const dids = await fiveHundred();
    let now = Date.now();
    const memory = new Memory(() => now);
    const { ask, counted } = await asker();
    await ask(dids, memory);
    let most = 0;
    // By the watcher's rhythm for what does not move: every minute.
    for (let n = 0; n < 10; n++) {
      now += 60_000;
      const before = counted().requests;
      await ask(dids, memory);
      most = Math.max(most, counted().requests - before);
    }
    return { ours: [most], theirs: null };
  },
};

export const visible500First: Benchmark = {
  name: 'visible-500-first', what: 'the same when they are seen for the first time: requests, which need not be more than the rows', against: null, aim: 500, unit: 'requests',
  run: async () => {
    const dids = await fiveHundred();
    const { ask, counted } = await asker();
    const before = counted().requests;
    await ask(dids, new Memory());
    return { ours: [counted().requests - before], theirs: null };
  },
};

export const growth: Benchmark = {
  name: 'growth', what: 'a poll of a dataset of 100 000 files', against: 'of 1000', aim: 1.5, unit: 'ms',
  run: async () => {
    await withSmall();
    const way = async (size: number): Promise<() => Promise<number>> => {
      let now = Date.now();
      const memory = new Memory(() => now);
      const { ask } = await asker();
      await ask([dataset(size)], memory);
      return async () => {
        let ms = 0;
        for (let n = 0; n < 20; n++) {
          now += 60_000;
          ms += 1000 * await seconds(() => ask([dataset(size)], memory));
        }
        return ms / 20;
      };
    };
    return inTurns(5, await way(SCALE), await way(SMALL));
  },
};

/**
 * Rucio reads the whole content before its first byte (rucio 41: core/did.py list_content; yield_per on a result that the database's
 * driver holds whole), and no call that gives a DID's content knows a limit (dids/…/dids, dids/…/files, dids/bulkfiles; dids/search
 * knows nothing of content). So it grows with the dataset whoever asks: measured is what of that is ours.
 */
export const growthTree: Benchmark = {
  name: 'growth-tree', what: 'the first page of a dataset of 100 000 files in the tree: how many times what it takes of 1000', against: 'the same of curl\'s first 200 rows: Rucio\'s own growth', aim: 1.5, unit: 'times',
  run: async () => {
    const { ours, theirs } = await treePages();
    return { ours: grown(ours), theirs: grown(theirs) };
  },
};

export const growthTreeCurl: Benchmark = {
  name: 'growth-tree-curl', what: 'the first page of a dataset of 100 000 files in the tree (what the service asks and gives)', against: 'curl\'s first 200 rows of the same answer', aim: 1.5, unit: 'ms',
  run: async () => {
    const { ours, theirs } = await treePages();
    return { ours: ours.large, theirs: theirs.large };
  },
};

/** ms, one for each round. */
interface Pages { readonly large: readonly number[]; readonly small: readonly number[] }
const PAGE = 200;

const grown = ({ large, small }: Pages): number[] => large.map((ms, round) => ms / small[round]!);

const treePages = once(async (): Promise<{ readonly ours: Pages; readonly theirs: Pages }> => {
  await withSmall();
  const [info, client] = [await lake(), await windowClient()];
  const secret = await token(info, 'alice');
  const often = (work: () => Promise<unknown>) => async (): Promise<number> => {
    let ms = 0;
    for (let n = 0; n < 10; n++) ms += 1000 * await seconds(work);
    return ms / 10;
  };
  const ours = (size: number) => often(async () => {
    let shown = 0;
    await client.stream(protocol.listContent, protocol.didRows, (rows) => ({ instance: 'lake', did: dataset(size), type: 'all' as const, limit: PAGE, rows }), (rows: readonly unknown[]) => { shown += rows.length; });
    if (shown !== PAGE) throw new Error(`The page has ${shown} rows.`);
  });
  const theirs = (size: number) => often(() => curlLines(info, secret, `${info.rucio.https}/dids/scale/ds.${size}/dids`, PAGE));
  const small = await inTurns(5, ours(SMALL), theirs(SMALL));
  const large = await inTurns(5, ours(SCALE), theirs(SCALE));
  return { ours: { large: large.ours, small: small.ours }, theirs: { large: large.theirs!, small: small.theirs! } };
});

export const growthPage: Benchmark = {
  name: 'growth-page', what: 'the rule page of a dataset of 100 000 files without its table: state, fields, size (what it asks when it is opened)', against: 'of 1000', aim: 1.5, unit: 'ms',
  run: async () => {
    await withSmall();
    const client = await windowClient();
    const root = await token(await lake(), 'root');
    const way = async (size: number): Promise<() => Promise<number>> => {
      const [rule] = rows<{ id: string }>(await rest(await lake(), root, 'GET', `/dids/scale/ds.${size}/rules`));
      if (!rule) throw new Error('The dataset has no rule.');
      const { id } = rule;
      return async () => {
        let ms = 0;
        for (let n = 0; n < 10; n++) {
          ms += 1000 * await seconds(() => Promise.all([
            client.stream(protocol.followRule, protocol.ruleProgress, (progress) => ({ instance: 'lake', id, progress }), () => undefined),
            client.request(protocol.ruleSize, { instance: 'lake', id }),
            client.request(protocol.stuckFiles, { instance: 'lake', id }),
          ]));
        }
        return ms / 10;
      };
    };
    return inTurns(5, await way(SCALE), await way(SMALL));
  },
};

const dataset = (size: number): TypedDID => ({ scope: 'scale', name: `ds.${size}`, type: 'DATASET' });

/** Each with a new home: its first answer fills its cache. Measured once for all that is compared with it: a poll of its takes a minute. */
const rivalPolls = once(async (): Promise<readonly { readonly first: Poll; readonly next: Poll }[]> => {
  const polls: { readonly first: Poll; readonly next: Poll }[] = [];
  for (let n = 0; n < 2; n++) {
    const rival = await startRival(await lake(), 'EULAKE-1', dataset(SCALE), SCALE);
    polls.push({ first: await rival.poll(), next: await rival.poll() });
    rival.stop();
  }
  return polls;
});

async function againstRival(of: (poll: Poll) => number, what: 'bytes' | 'cpu'): Promise<Samples> {
  const theirs = (await rivalPolls()).map(({ next }) => of(next));
  const { ask, counted } = await asker();
  let now = Date.now();
  const memory = new Memory(() => now);
  const ours: number[] = [];
  // So small that many are measured as one.
  const together = what === 'cpu' ? 50 : 1;
  for (let n = -1; n < 5; n++) {
    const before = { cpu: process.cpuUsage(), bytes: counted().bytes };
    for (let k = 0; k < together; k++) {
      now += 60_000;
      await ask([dataset(SCALE)], memory);
    }
    const { user, system } = process.cpuUsage(before.cpu);
    if (n >= 0) ours.push(of({ seconds: 0, cpu: (user + system) / 1e6 / together, bytes: (counted().bytes - before.bytes) / together }));
  }
  return { ours, theirs };
}

/** Our engine, signed in as alice, with the dataset's place not the mounted one. */
async function asker(): Promise<{ ask: (dids: readonly TypedDID[], memory: Memory) => Promise<readonly AvailabilityInfo[]>; counted: () => { requests: number; bytes: number } }> {
  const info = await lake();
  const { instances } = resolveInstances([settingSource([instanceOf(info)])]);
  const instance = instances[0]!;
  let [requests, bytes] = [0, 0];
  const transport = new Transport({ baseUrl: info.rucio.https, caFile: info.ca.file, version: 'bench', network: {}, log: (entry) => {
    requests++;
    bytes += entry.bytes ?? 0;
  } });
  const secret = await token(info, 'alice');
  const client = rucioClient(transport, { current: () => Promise.resolve(secret), renew: () => Promise.reject(new Error('The token was refused.')) });
  const inspector = new MountInspector();
  atEnd(async () => {
    transport.close();
    inspector.close();
  });
  return {
    counted: () => ({ requests, bytes }),
    ask: async (dids, memory) => {
      const context: AvailabilityContext = { client, instance, inspector, memory };
      const infos = await availabilityOf(context, dids, { polling: true });
      if (infos.some(({ state }) => state !== 'notAvailable')) throw new Error(`It should be nowhere here: ${JSON.stringify(infos.find(({ state }) => state !== 'notAvailable'))}`);
      return infos;
    },
  };
}

async function withSmall(): Promise<void> {
  await upLake({ dir: (await lake()).dir, scale: SMALL });
}

/** 100 new datasets of four files each. */
async function fiveHundred(): Promise<TypedDID[]> {
  const info = await lake();
  const alice = await token(info, 'alice');
  // Others each time: what is in many datasets already is looked up in all of them.
  const first = 400 * Math.floor(Math.random() * (SCALE / 400));
  const files = (n: number): { scope: string; name: string }[] => Array.from({ length: 4 }, (_, i) => ({ scope: 'scale', name: `f${SCALE}.${String(first + 4 * n + i + 1).padStart(7, '0')}.root` }));
  const dids: TypedDID[] = [];
  const stamp = Date.now();
  for (let n = 0; n < 100; n++) {
    const name = `bench.visible.${stamp}.${n}`;
    const made = await rest(info, alice, 'POST', `/dids/user.alice/${name}`, { type: 'DATASET', dids: files(n) });
    if (made.status !== 201) throw new Error(`The dataset was not made: ${made.text}`);
    dids.push({ scope: 'user.alice', name, type: 'DATASET' }, ...files(n).map((file): TypedDID => ({ ...file, type: 'FILE' })));
  }
  return dids;
}
