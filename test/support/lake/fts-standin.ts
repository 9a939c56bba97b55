// One of the lake's processes, and the only part that is not real: a stand-in for FTS3. It speaks the part of FTS3's REST
// contract that Rucio's transfertool uses and really moves the bytes, by third-party
// copy between the storages (tpc.ts). It can be told to hold, slow down or release transfers: POST /standin/….
// usage: fts-standin.ts LAKE_JSON
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { readProcessConfig } from './process-config.ts';
import { TpcClient } from './tpc.ts';

interface FileAsked { sources: string[]; destinations: string[]; metadata?: unknown; filesize?: number; checksum?: string; source_tokens?: string[]; destination_tokens?: string[] }
type FileState = 'SUBMITTED' | 'ACTIVE' | 'FINISHED' | 'FAILED' | 'CANCELED';
interface FileJob extends FileAsked { file_state: FileState; start_time: string | null; finish_time: string | null; reason: string }
interface Job { job_id: string; params: { overwrite?: boolean; job_metadata?: unknown; priority?: number }; files: FileJob[] }
interface State { holds: string[]; delay: number; jobs: Job[] }

const config = readProcessConfig();
const stateFile = path.join(config.dir, 'run', 'standin.json');
const tpc = new TpcClient(config);
const PARALLEL = 8;
const KEPT = 2000; // ended jobs that can still be asked for

const state: State = fs.existsSync(stateFile) ? JSON.parse(fs.readFileSync(stateFile, 'utf8')) as State : { holds: [], delay: 0, jobs: [] };
const jobs = new Map(state.jobs.map((job) => [job.job_id, job]));
// a transfer that was under way when the lake went down begins again, as after a restart of FTS
for (const file of state.jobs.flatMap((job) => job.files)) if (file.file_state === 'ACTIVE') file.file_state = 'SUBMITTED';

const now = (): string => new Date().toISOString().slice(0, 19);
const held = (file: FileJob): boolean => state.holds.some((text) => (file.destinations[0] ?? '').includes(text));
let running = 0;

let saving: NodeJS.Timeout | undefined;
function save(): void {
  saving ??= setTimeout(() => {
    saving = undefined;
    for (const [id, job] of jobs) {
      if (jobs.size <= KEPT) break;
      if (!['SUBMITTED', 'ACTIVE'].includes(jobState(job))) jobs.delete(id);
    }
    fs.writeFileSync(`${stateFile}.new`, JSON.stringify({ ...state, jobs: [...jobs.values()] }));
    fs.renameSync(`${stateFile}.new`, stateFile);
  }, 50);
}

/** Begins as many of the waiting transfers as may run at once. */
function pump(): void {
  for (const job of jobs.values()) {
    for (const file of job.files) {
      if (running >= PARALLEL) return;
      if (file.file_state === 'SUBMITTED' && !held(file)) void transfer(job, file);
    }
  }
}

async function transfer(job: Job, file: FileJob): Promise<void> {
  running++;
  file.file_state = 'ACTIVE';
  file.start_time = now();
  try {
    const least = new Promise((resolve) => { setTimeout(resolve, state.delay * 1000); });
    await Promise.all([tpc.copy({
      source: file.sources[0] ?? '', destination: file.destinations[0] ?? '', sourceToken: file.source_tokens?.[0], destinationToken: file.destination_tokens?.[0],
      overwrite: job.params.overwrite === true, bytes: file.filesize, checksum: file.checksum,
    }), least]);
    file.file_state = 'FINISHED';
    file.reason = '';
  } catch (error) {
    file.file_state = 'FAILED';
    file.reason = (error as Error).message.slice(0, 900);
    console.error(now(), file.sources[0], '->', file.destinations[0], file.reason);
  }
  file.finish_time = now();
  running--;
  save();
  pump();
}

function jobState(job: Job): string {
  const states = job.files.map((file) => file.file_state);
  if (states.includes('ACTIVE')) return 'ACTIVE';
  if (states.includes('SUBMITTED')) return 'SUBMITTED';
  if (states.every((s) => s === 'FINISHED')) return 'FINISHED';
  if (states.every((s) => s === 'CANCELED')) return 'CANCELED';
  return states.includes('FINISHED') ? 'FINISHEDDIRTY' : 'FAILED';
}

function view(id: string): object {
  const job = jobs.get(id);
  if (!job) return { job_id: id, http_status: '404 Not Found', http_message: `No job with the id "${id}" has been found` };
  return {
    job_id: id, http_status: '200 Ok', job_state: jobState(job), job_type: 'Y', job_metadata: job.params.job_metadata ?? {},
    files: job.files.map(({ file_state, metadata, start_time, finish_time, reason, sources, destinations }) => ({
      file_state, file_metadata: metadata, start_time, finish_time, staging_start: null, staging_finished: null, reason, source_surl: sources[0], dest_surl: destinations[0],
    })),
  };
}

interface Answer { readonly status: number; readonly body: unknown }

/** FTS3's own calls. */
function fts(method: string, pathname: string, body: unknown): Answer | undefined {
  const version = { major: 3, minor: 13, patch: 0 };
  if (pathname === '/') return { status: 200, body: { api: version, core: version, delegation: { major: 1, minor: 0, patch: 0 } } };
  if (pathname === '/whoami') return { status: 200, body: { base_id: randomUUID(), vos: ['lake'], user_dn: 'lake', vos_id: [randomUUID()], method: 'none' } };
  if (pathname === '/jobs' && method === 'POST') {
    const asked = body as { params?: Job['params']; files: FileAsked[] };
    const job: Job = { job_id: randomUUID(), params: asked.params ?? {}, files: asked.files.map((file) => ({ ...file, file_state: 'SUBMITTED', start_time: null, finish_time: null, reason: '' })) };
    jobs.set(job.job_id, job);
    save();
    pump();
    return { status: 200, body: { job_id: job.job_id } };
  }
  const ids = /^\/jobs\/([0-9a-f,-]+)$/.exec(pathname)?.[1]?.split(',');
  if (!ids) return undefined;
  for (const job of ids.map((id) => jobs.get(id))) {
    if (!job) continue;
    if (method === 'POST') Object.assign(job.params, (body as { params?: object } | undefined)?.params);
    if (method === 'DELETE') for (const file of job.files) if (file.file_state === 'SUBMITTED') Object.assign(file, { file_state: 'CANCELED', finish_time: now(), reason: 'canceled' });
    save();
  }
  const views = ids.map(view);
  const missing = ids.filter((id) => !jobs.has(id)).length;
  return { status: missing === 0 ? 200 : missing === ids.length ? 404 : 207, body: views.length === 1 ? views[0] : views };
}

/** What tests tell the stand-in. */
function control(method: string, pathname: string, body: unknown): Answer | undefined {
  const { destination, seconds } = (body ?? {}) as { destination?: string; seconds?: number };
  if (pathname === '/standin/hold' && method === 'POST') {
    if (!destination) return { status: 400, body: { error: 'destination (a part of the destination URL) is missing' } };
    if (!state.holds.includes(destination)) state.holds.push(destination);
  } else if (pathname === '/standin/release' && method === 'POST') {
    state.holds = destination === undefined ? [] : state.holds.filter((text) => text !== destination);
    pump();
  } else if (pathname === '/standin/delay' && method === 'POST') {
    state.delay = Math.max(0, Number(seconds) || 0);
  } else if (pathname !== '/standin') return undefined;
  save();
  const files = [...jobs.values()].flatMap((job) => job.files);
  const waiting = files.filter((file) => file.file_state === 'SUBMITTED').map((file) => file.destinations[0]);
  return { status: 200, body: { holds: state.holds, delay: state.delay, running, waiting, jobs: jobs.size } };
}

async function answer(req: http.IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = [];
  for await (const part of req) parts.push(part as Buffer);
  const body: unknown = parts.length ? JSON.parse(Buffer.concat(parts).toString()) : undefined;
  const { pathname } = new URL(req.url ?? '/', 'http://standin');
  return control(req.method ?? 'GET', pathname, body) ?? fts(req.method ?? 'GET', pathname, body) ?? { status: 404, body: { status: '404 Not Found', message: pathname } };
}

http.createServer((req, res) => {
  answer(req).catch((error: Error): Answer => ({ status: 500, body: { status: '500', message: error.message } })).then(({ status, body }) => {
    const text = JSON.stringify(body);
    res.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }).end(text);
  });
}).listen(config.ports.standin, '127.0.0.1', () => {
  console.log('FTS stand-in ready on port', config.ports.standin);
  pump();
});
