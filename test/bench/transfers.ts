// Uploads and downloads through a window's client and the lake service, against curl alone on the same storage (curl sends or
// fetches, ours also verifies, registers and makes a rule), and against the programs that people have: rucio and xrdcp.
import fs from 'node:fs';
import path from 'node:path';
import { Arriving } from '../../src/lake/transfers/arriving.ts';
import { piecesOf } from '../../src/lake/transfers/pieces.ts';
import { sumsOf } from '../../src/lake/transfers/send.ts';
import { LocalSource } from '../../src/lake/transfers/source.ts';
import { DavStorage } from '../../src/storage/dav.ts';
import { secure } from '../support/lake/client.ts';
import { type Benchmark, inTurns, seconds } from './benchmark.ts';
import { addressOf, clean, curl, download, folder, GB, largeFile, manyFiles, prefixOf, RSE, scene, type Scene, toItsEnd, upload, uploadSeconds } from './moving.ts';
import { rucioMover } from './rivals.ts';

const SMALL = 1000;
/** rucio takes seconds for each small file: so many of them, and its time in proportion. */
const SOME = 20;

export const putLarge: Benchmark = {
  name: 'put-large', what: '1 GB uploaded, verified at the far end, registered, with a rule', against: 'curl -T alone', aim: 1, unit: 's',
  run: async () => {
    const s = await scene();
    const { where } = s;
    const file = largeFile();
    return inTurns(3, () => uploadSeconds(s, [file]), async () => {
      const url = `${where.rses[RSE].davs.replace(/^davs/, 'https')}bench/${prefixOf()}curl`;
      const took = await seconds(() => curl(where, ['-T', file, url]));
      clean(where);
      return took;
    });
  },
};

export const getLarge: Benchmark = {
  name: 'get-large', what: '1 GB fetched to a file, verified', against: 'curl', aim: 1.25, unit: 's',
  run: async () => {
    const { s, name } = await largeThere();
    const url = await addressOf(s.where, name);
    return inTurns(3, () => ours(s, name), async () => {
      const to = path.join(folder(), 'curl.bin');
      const took = await seconds(() => curl(s.where, ['-o', to, url]));
      fs.rmSync(to);
      return took;
    });
  },
};

export const putSmall: Benchmark = {
  name: 'put-small', what: `${SMALL} files of 10 kB into a dataset, verified, registered`, against: 'curl -T of all of them, on one connection, alone', aim: 6, unit: 's',
  run: async () => {
    const s = await scene();
    const { where } = s;
    const small = manyFiles(SMALL, 10_000);
    return inTurns(2, () => uploadSeconds(s, small), async () => {
      const base = `${where.rses[RSE].davs.replace(/^davs/, 'https')}bench/${prefixOf()}`;
      const config = path.join(folder(), 'curl.txt');
      const { cert, key } = where.accounts.alice.x509!;
      // `next` forgets all options: each file says them again, on the same connection.
      const each = `cacert = "${where.ca.file}"\ncert = "${cert}"\nkey = "${key}"\nsilent\nshow-error\nfail`;
      fs.writeFileSync(config, small.map((file) => `upload-file = "${file}"\nurl = "${base}${path.basename(file)}"\n${each}`).join('\nnext\n'));
      const took = await seconds(() => toItsEnd('curl', ['--config', config]));
      clean(where);
      return took;
    });
  },
};

export const checksum: Benchmark = {
  name: 'checksum', what: 'adler32 and md5 over 1 GB in the page cache', against: 'md5sum', aim: 1.11, unit: 's',
  run: async () => {
    const file = largeFile();
    return inTurns(3, () => seconds(async () => {
      await sumsOf({ path: file, bytes: GB, mtime: Math.round(fs.statSync(file).mtimeMs) });
    }), () => seconds(() => toItsEnd('md5sum', [file])));
  },
};

export const putLargeRucio: Benchmark = {
  name: 'put-large-rucio', what: '1 GB uploaded, verified at the far end, registered, with a rule', against: 'rucio upload', aim: 0.5, unit: 's',
  run: async () => {
    const s = await scene();
    const rucio = await rucioMover(s.where);
    const file = largeFile();
    return inTurns(3, () => uploadSeconds(s, [file]), async () => {
      // It takes a file's name as it is.
      const named = path.join(folder(), `${prefixOf()}large.bin`);
      fs.linkSync(file, named);
      const took = await seconds(() => rucio(['upload', '--rse', RSE, '--scope', 'user.alice', '--register-after-upload', '--lifetime', '3600', named]));
      fs.rmSync(named);
      clean(s.where);
      return took;
    });
  },
};

export const getLargeXrdcp: Benchmark = {
  name: 'get-large-xrdcp', what: '1 GB fetched to a file, verified', against: 'xrdcp', aim: 0.83, unit: 's',
  run: async () => {
    const { s, name } = await largeThere();
    const url = await addressOf(s.where, name, 'root');
    const token = (await secure(s.where, `${s.where.idp.token}?sub=alice&aud=rucio&scope=${encodeURIComponent('openid profile storage.read:/')}`)).text.trim();
    return inTurns(3, () => ours(s, name), async () => {
      const to = path.join(folder(), 'xrdcp.bin');
      const took = await seconds(() => toItsEnd('xrdcp', ['--nopbar', url, to], { ...process.env, BEARER_TOKEN: token, X509_CERT_DIR: s.where.ca.dir }));
      fs.rmSync(to);
      return took;
    });
  },
};

export const getLargeRucio: Benchmark = {
  name: 'get-large-rucio', what: '1 GB fetched to a file, verified', against: 'rucio download', aim: 0.5, unit: 's',
  run: async () => {
    const { s, name } = await largeThere();
    const rucio = await rucioMover(s.where);
    return inTurns(2, () => ours(s, name), () => fetched((to) => rucio(['download', '--dir', to, `user.alice:${name}`])));
  },
};

export const putSmallRucio: Benchmark = {
  name: 'put-small-rucio', what: `${SMALL} files of 10 kB into a dataset, verified, registered`, against: `rucio upload of ${SOME}, times ${SMALL / SOME}`, aim: 0.02, unit: 's',
  run: async () => {
    const s = await scene();
    const rucio = await rucioMover(s.where);
    const small = manyFiles(SMALL, 10_000);
    return inTurns(1, () => uploadSeconds(s, small), async () => {
      const at = fs.mkdtempSync(path.join(folder(), 'rucio-'));
      const prefix = prefixOf();
      const files = small.slice(0, SOME).map((file) => path.join(at, `${prefix}${path.basename(file)}`));
      files.forEach((file, n) => fs.copyFileSync(small[n]!, file));
      const took = await seconds(() => rucio(['upload', '--rse', RSE, '--scope', 'user.alice', '--register-after-upload', '--lifetime', '3600', ...files]));
      clean(s.where, prefix);
      return took * SMALL / SOME;
    });
  },
};

export const getSmall: Benchmark = {
  name: 'get-small', what: `a dataset of ${SMALL} files of 10 kB fetched, verified`, against: `rucio download of ${SOME * 5} of them, times ${SMALL / SOME / 5}`, aim: 0.02, unit: 's',
  run: async () => {
    const s = await scene();
    const rucio = await rucioMover(s.where);
    const small = manyFiles(SMALL, 10_000);
    const prefix = await upload(s, small);
    const some = small.slice(0, SOME * 5).map((file) => `user.alice:${prefix}${path.basename(file)}`);
    return inTurns(1, () => ours(s, `${prefix}ds`), async () => await fetched((to) => rucio(['download', '--dir', to, ...some])) * SMALL / some.length);
  },
};

export const verified: Benchmark = {
  name: 'verified', what: '1 GB put with both checksums and the far end asked for its own, and fetched with its checksum', against: 'the same without', aim: 1.25, unit: 's',
  run: async () => {
    const { where } = await scene();
    const file = largeFile();
    const { cert, key } = where.accounts.alice.x509!;
    const identity = { cert: fs.readFileSync(cert, 'utf8'), key: fs.readFileSync(key, 'utf8') };
    const storage = new DavStorage({ network: {}, caFile: where.ca.file, credential: async () => ({ identity }), version: 'bench' });
    const url = new URL(`${where.rses[RSE].davs.replace(/^davs/, 'https')}bench/${prefixOf()}verified`);
    const mtime = Math.round(fs.statSync(file).mtimeMs);
    const get = async (kinds: readonly ['adler32'] | readonly []): Promise<string | undefined> => {
      const to = path.join(folder(), 'verified.bin');
      const handle = await fs.promises.open(to, 'w');
      const arriving = new Arriving(handle, GB, kinds);
      for await (const chunk of (await storage.get(url, 0, GB)).body) await arriving.add(chunk);
      await arriving.flush();
      await handle.sync();
      const { adler32 } = await arriving.sums() as { adler32?: string };
      await handle.close();
      fs.rmSync(to);
      return adler32;
    };
    const samples = await inTurns(2, () => seconds(async () => {
      const source = new LocalSource({ path: file, bytes: GB, mtime }, () => undefined, { behind: true });
      await storage.put(url, source.read, GB);
      const there = await storage.stat(url, { checksum: true });
      if (there?.adler32 === undefined || there.adler32 !== (await source.sums)?.adler32 || await get(['adler32']) !== there.adler32) throw new Error('The sums differ.');
    }), () => seconds(async () => {
      const handle = await fs.promises.open(file);
      await storage.put(url, () => piecesOf(handle, 0, GB, { add: async () => undefined }), GB);
      await handle.close();
      await storage.stat(url);
      await get([]);
    }));
    storage.close();
    clean(where);
    return samples;
  },
};

/** Ours, into a folder of its own; s. */
function ours(s: Scene, name: string): Promise<number> {
  return fetched((to) => download(s, name, to));
}

async function fetched(work: (to: string) => Promise<void>): Promise<number> {
  const to = fs.mkdtempSync(path.join(folder(), 'get-'));
  const took = await seconds(() => work(to));
  fs.rmSync(to, { recursive: true });
  return took;
}

let there: Promise<{ s: Scene; name: string }> | undefined;

/** A file of a gigabyte in the lake. */
function largeThere(): NonNullable<typeof there> {
  return there ??= (async () => {
    const s = await scene();
    const file = largeFile();
    return { s, name: `${await upload(s, [file])}${path.basename(file)}` };
  })();
}
