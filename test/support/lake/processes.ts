// The lake's processes: started detached with a mark in their environment, found again by that mark. The mark proves that
// a process is ours; there are no pid files to go stale, and a start that was killed half-way leaves nothing unknown.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const MARK = 'RUCIO_LAKE_PROCESS';
const ROLE = 'RUCIO_LAKE_ROLE';

export interface LakeProcess {
  readonly pid: number;
  readonly role: string;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Runs as this user; as oneself when absent. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** When a process started (clock ticks after boot), undefined when it is not there: with the id it names a process for ever. */
export function startTime(pid: number): string | undefined {
  let stat: string;
  try {
    stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined; // no such process
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}

/** Starts one of the lake's processes; it survives this one. Its output goes to log/<role>.log. `ended` says why it is gone. */
export function startProcess(dir: string, role: string, command: string, args: readonly string[], options: StartOptions = {}): { pid: number; ended: () => string | undefined } {
  const log = path.join(dir, 'log', `${role}.log`);
  const fd = fs.openSync(log, 'a');
  const child = spawn(command, args, {
    cwd: options.cwd ?? '/', detached: true, stdio: ['ignore', fd, fd], ...options.user,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: dir, ...options.env, [MARK]: dir, [ROLE]: role },
  });
  fs.closeSync(fd);
  child.unref();
  let why: (() => string) | undefined;
  child.on('error', (error) => { why = () => `${role} could not be started: ${error.message}`; });
  child.on('exit', (code, signal) => { why = () => `${role} ended with ${signal ?? code}; the end of ${log}:\n${tail(log)}`; });
  return { pid: child.pid ?? 0, ended: () => why?.() };
}

function tail(file: string): string {
  return fs.readFileSync(file, 'utf8').trim().split('\n').slice(-12).map((l) => `  ${l}`).join('\n');
}

/** All living processes of the lake in `dir`, this one left out. */
export function lakeProcesses(dir: string): LakeProcess[] {
  const found: LakeProcess[] = [];
  for (const name of fs.readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const role = roleOf(pid, dir);
    if (role !== undefined && startTime(pid) !== undefined) found.push({ pid, role });
  }
  return found;
}

function roleOf(pid: number, dir: string): string | undefined {
  let environment: string[];
  try {
    environment = fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return undefined; // gone, or another user's
  }
  if (!environment.includes(`${MARK}=${dir}`)) return undefined;
  return environment.find((e) => e.startsWith(`${ROLE}=`))?.slice(ROLE.length + 1) ?? '';
}

/**
 * Ends the lake's processes. PostgreSQL is asked to close its files; the others keep nothing that a kill could hurt.
 * @param keep roles that stay
 */
export async function endProcesses(dir: string, keep: readonly string[] = []): Promise<void> {
  const until = Date.now() + 20_000;
  for (let round = 0; ; round++) {
    const living = lakeProcesses(dir).filter((p) => !keep.includes(p.role));
    if (living.length === 0) return;
    if (Date.now() > until) throw new Error(`processes of the lake do not end: ${living.map((p) => `${p.role} ${p.pid}`).join(', ')}`);
    const patient = Date.now() < until - 10_000;
    for (const { pid, role } of living) {
      const polite = role === 'postgres' && patient;
      if (polite && round > 0) continue;
      try {
        process.kill(pid, polite ? 'SIGINT' : 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    await sleep(30);
  }
}
