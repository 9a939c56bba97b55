// Ends what a code-server leaves behind, by process id and never by name. Its extension host may start processes that
// are meant to outlive it (the lake service), so a process tree says too little: everything started for one server
// carries a random mark in its environment instead, and a guard beside us ends it even if we are killed ourselves.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { root, node24 } from '../install.ts';

const VARIABLE = 'DATALAKE_HOST_MARK';
const PATIENCE_MS = 5000;

export interface Guarded {
  /** To be put into the environment of everything that is started. */
  env: Readonly<Record<string, string>>;
  /** Ends everything that carries the mark, removes the folders, and dismisses the guard. */
  end(): Promise<void>;
}

/**
 * A mark for the processes of one server, and a guard for it. The guard is a process of its own in a session of its
 * own; it sees us end (however we do) by the end of its input, and then does what `end` would have done.
 * @param folders temporary folders to be removed when all is ended
 */
export function guard(folders: readonly string[]): Guarded {
  const mark = randomUUID();
  // A guard carries no mark, or one that ends what is ours would end the guards of what we started, too soon.
  const { [VARIABLE]: _, ...env } = process.env;
  const child = spawn(node24, [import.meta.filename, mark, ...folders], { cwd: root, env, detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.unref();
  // The guard may have gone first, when a whole machine is shut down; there is nobody left to be told then.
  child.stdin.on('error', () => undefined);
  let ended: Promise<void> | undefined;
  return {
    env: { [VARIABLE]: mark },
    end: () => ended ??= clean(mark, folders).then(() => { child.stdin.end('done'); }),
  };
}

async function clean(mark: string, folders: readonly string[]): Promise<void> {
  await endMarked(mark);
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 200 });
}

async function endMarked(mark: string): Promise<void> {
  send(marked(mark), 'SIGTERM');
  const until = Date.now() + PATIENCE_MS;
  while (marked(mark).length > 0 && Date.now() < until) await sleep(50);
  // Again and again: what is killed may have started another in the meantime.
  for (let left = marked(mark); left.length > 0; left = marked(mark)) {
    send(left, 'SIGKILL');
    await sleep(50);
  }
}

function send(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** The processes alive that carry the mark. A zombie has no environment any more, so it does not count. */
function marked(mark: string): number[] {
  const needle = `${VARIABLE}=${mark}`;
  return fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid).map(Number).filter((pid) => {
    try {
      return fs.readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(needle);
    } catch {
      return false; // ended in this instant, or another user's: not ours
    }
  });
}

if (process.argv[1] === import.meta.filename) {
  const [mark = '', ...folders] = process.argv.slice(2);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined); // its work begins when ours ends
  let said = '';
  process.stdin.on('data', (d: Buffer) => { said += d.toString(); });
  process.stdin.on('end', () => {
    if (said === 'done') process.exit(0);
    clean(mark, folders).then(() => process.exit(0), () => process.exit(1));
  });
}
