// What the rows of the fault matrix have in common: alice with a token of the real provider, the real storage and the real Rucio, each behind
// a proxy that cuts, loses, turns bits and lies, and an eye on what is really there that shares no code with the transfers.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Lake } from '../../src/lake/lake.ts';
import { Transfers } from '../../src/lake/transfers/engine.ts';
import type { TransferLake } from '../../src/lake/transfers/lake.ts';
import type { TransferFile, TransferInfo, UploadWish } from '../../src/lake/transfers/types.ts';
import { RucioError } from '../../src/rucio/errors.ts';
import type { Piece, Storage, Stored } from '../../src/storage/storage.ts';
import { adler32 } from '../support/adler32.ts';
import { type FaultyProxy, faultyProxy, makeCertificates } from '../support/faults.ts';
import { addScope, rest, rows, secure, token } from '../support/lake/client.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { openLake } from '../lake/open-lake.ts';

export const RSE = 'XRD1_SCRATCHDISK';
export const SCOPE = 'faults';

export interface Scene {
  readonly info: LakeInfo;
  readonly folder: string;
  /** Before each name. */
  readonly prefix: string;
  readonly lake: Lake;
  readonly with: TransferLake;
  /** In front of the storage XRD1_SCRATCHDISK, and of Rucio. */
  readonly storage: FaultyProxy;
  readonly rucio: FaultyProxy;
  readonly engine: Transfers;
  file(name: string, content: number | Buffer): string;
  wish(paths: readonly string[], more?: Partial<UploadWish>): UploadWish;
  upload(paths: readonly string[], more?: Partial<UploadWish>): Promise<TransferInfo>;
  ended(transfer: TransferInfo): Promise<TransferInfo>;
  files(transfer: TransferInfo): readonly TransferFile[];
  /** What the catalogue and the disk of the storage say, read without the extension; `disk` null = no such file. */
  look(name: string): Promise<{ readonly known: boolean; readonly state?: string; readonly bytes?: number; readonly adler32?: string; readonly rules: number; readonly disk: Buffer | null }>;
  /** "bytes adler32 state" of the catalogue. */
  registered(name: string): Promise<string>;
  /** All of I1: registered once as available, one rule, the bytes of `file` at its final name, and no temporary one. */
  whole(file: string): Promise<void>;
  /** Names on the storage's disk that belong to this scene and are not final. */
  torsos(): string[];
  close(): Promise<void>;
}

export const mine = new Set(['one']);

export async function scene(options: { readonly retry?: { attempts: number; first: number; last: number } } = {}): Promise<Scene> {
  const info = await sharedLake();
  await addScope(info, 'alice', SCOPE);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'faults-'));
  const prefix = `f${Date.now().toString(36)}${randomBytes(2).toString('hex')}.`;
  const certificates = makeCertificates(folder);
  const ca = path.join(folder, 'both.pem');
  fs.writeFileSync(ca, certificates.ca + fs.readFileSync(info.ca.file, 'utf8'));
  const origin = new URL(info.rses[RSE].davs.replace(/^davs/, 'https')).origin;
  const storage = await faultyProxy(origin, { ca: fs.readFileSync(info.ca.file, 'utf8'), tls: certificates.good });
  const rucio = await faultyProxy(info.rucio.http, { host: 'lake.test' });
  const jwt = (await secure(info, `${info.idp.token}?sub=alice&aud=rucio&scope=${encodeURIComponent('openid profile storage.read:/ storage.modify:/')}`)).text.trim();
  const { lake } = openLake(info, null, { settings: { rucio_base_url: rucio.url, rucio_ca_cert: ca } });
  await lake.session.signIn({ method: 'token', token: jwt });
  const withLake: TransferLake = { instance: 'lake', session: 'one', client: lake.quietClient, storage: through(lake.storage, origin, storage.url), account: (signal) => lake.session.account(signal), knownToStorages: (signal) => lake.knownToStorages(signal) };
  const engine = new Transfers({ onChange: () => undefined, retry: options.retry ?? { attempts: 4, first: 20, last: 100 }, checksumMs: 600 });
  const asAlice = await token(info, 'alice');

  const self: Scene = {
    info, folder, prefix, lake, with: withLake, storage, rucio, engine,
    file(name, content) {
      const at = path.join(folder, 'local', name);
      fs.mkdirSync(path.dirname(at), { recursive: true });
      fs.writeFileSync(at, typeof content === 'number' ? randomBytes(content) : content);
      return at;
    },
    wish: (paths, more = {}) => ({ paths, rse: RSE, scope: SCOPE, prefix, names: 'flat', lifetime: 3600, ...more }),
    async upload(paths, more = {}) {
      return self.ended(await engine.upload(withLake, self.wish(paths, more)));
    },
    async ended({ id }) {
      // XRootD 5.5 leaves a request on a new connection without an answer once in some ten thousand (its log: “bad write retry”): after a minute it is asked again.
      for (let n = 0; n < 3600; n++) {
        const now = engine.list(mine).find((one) => one.id === id) ?? assert.fail(`${id} is not there`);
        if (now.state !== 'running') return now;
        await new Promise((resolve) => { setTimeout(resolve, 25); });
      }
      return assert.fail(`it has not ended: ${JSON.stringify(engine.list(mine))}`);
    },
    files: ({ id }) => engine.files(mine, id, { limit: 1000 }),
    async look(name) {
      const [row] = rows<{ adler32: string; bytes: number; states: Record<string, string> }>(await rest(info, asAlice, 'POST', '/replicas/list', { dids: [{ scope: SCOPE, name }], all_states: true }));
      const rules = row ? rows(await rest(info, asAlice, 'GET', `/dids/${SCOPE}/${encodeURIComponent(name)}/rules`)).length : 0;
      const at = onDisk(info, (file) => path.basename(file) === name)[0];
      return { known: row !== undefined, ...(row && { state: row.states[RSE]!, bytes: row.bytes, adler32: row.adler32 }), rules, disk: at === undefined ? null : fs.readFileSync(at) };
    },
    async registered(name) {
      const [row] = rows<{ adler32: string; bytes: number; states: Record<string, string> }>(await rest(info, asAlice, 'POST', '/replicas/list', { dids: [{ scope: SCOPE, name }], all_states: true }));
      return `${row?.bytes} ${row?.adler32} ${row?.states[RSE]}`;
    },
    async whole(file) {
      const name = `${prefix}${path.basename(file)}`;
      const bytes = fs.readFileSync(file);
      const there = await self.look(name);
      assert.deepEqual({ known: there.known, state: there.state, bytes: there.bytes, adler32: there.adler32, rules: there.rules }, { known: true, state: 'AVAILABLE', bytes: bytes.length, adler32: adler32(bytes), rules: 1 }, name);
      assert.ok(there.disk?.equals(bytes), `${name} on the disk is not what was uploaded`);
      assert.deepEqual(self.torsos(), []);
    },
    torsos: () => onDisk(info, (file) => path.basename(file).startsWith(prefix) && file.endsWith('.part')),
    async close() {
      await engine.close();
      lake.close();
      await Promise.all([storage.close(), rucio.close()]);
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
  return self;
}

export function onDisk(info: LakeInfo, fits: (file: string) => boolean): string[] {
  return fs.readdirSync(info.rses[RSE].folder, { recursive: true, encoding: 'utf8' }).map((file) => path.join(info.rses[RSE].folder, file)).filter((file) => fits(file) && fs.statSync(file).isFile());
}

/** The same storage by another way; by its other protocol, root, never: faults are to be met. */
function through(storage: Storage, from: string, to: string): Storage {
  const there = (url: URL): URL => {
    if (url.protocol.startsWith('root')) throw new RucioError('configuration', 'There is no xrdcp here.', { exceptionClass: 'NoXrootd' });
    return url.origin === from ? new URL(url.pathname + url.search, to) : url;
  };
  return {
    stat: async (url, options, signal): Promise<Stored | null> => storage.stat(there(url), options, signal),
    put: async (url, body, bytes, signal) => storage.put(there(url), body, bytes, signal),
    get: async (url, at, bytes, signal, part): Promise<Piece> => storage.get(there(url), at, bytes, signal, part),
    move: async (a, b, signal) => storage.move(there(a), there(b), signal),
    remove: async (url, signal) => storage.remove(there(url), signal),
  };
}
