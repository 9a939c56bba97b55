// A child process that only does stat: a mount that hangs then blocks threads of the child, never one of the four that
// Node shares for files, DNS and SQLite in the service, and the child can be thrown away.
import { spawn, type ChildProcess } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** What stat said: a size (bytes; -1 = not a regular file), a folder, or an error code such as ENOENT. */
export type StatAnswer = { readonly size: number; readonly folder: boolean } | { readonly code: string };

/** Asks for one path at a time or several; a hung one never answers. `alive` turns false when it ended. */
export interface StatHelper {
  readonly alive: boolean;
  stat(path: string): Promise<StatAnswer>;
  /** Ends it at once; what was asked and not answered is never answered. */
  dispose(): void;
}

/** Requests and answers are one JSON value per line: [id, path] → [id, size, folder] or [id, code]. */
const SOURCE = `
const { stat } = require('node:fs');
let rest = '';
process.stdin.setEncoding('utf8').on('data', (text) => {
  const lines = (rest + text).split('\\n');
  rest = lines.pop();
  for (const line of lines) {
    const [id, path] = JSON.parse(line);
    stat(path, (error, s) => process.stdout.write(JSON.stringify(error ? [id, error.code ?? 'EIO'] : [id, s.isFile() ? s.size : -1, s.isDirectory()]) + '\\n'));
  }
}).on('end', () => process.exit(0));
`;

/** How many stats the child does at a time: its own libuv threads. */
export const HELPER_THREADS = 8;

export function startStatHelper(): StatHelper {
  const child = spawn(process.execPath, ['-e', SOURCE], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // On a desktop process.execPath is Electron, which is a Node only when told so.
    env: { ...withoutNodeOptions(process.env), ELECTRON_RUN_AS_NODE: '1', UV_THREADPOOL_SIZE: String(HELPER_THREADS) },
    windowsHide: true,
    cwd: process.platform === 'win32' ? undefined : '/',
  });
  return new ChildStats(child);
}

function withoutNodeOptions(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, ...rest } = env;
  return rest;
}

class ChildStats implements StatHelper {
  alive = true;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: StatAnswer) => void>();
  #next = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    const ended = (): void => {
      this.alive = false;
      for (const answer of this.#waiting.values()) answer({ code: 'EHELPER' });
      this.#waiting.clear();
    };
    child.on('error', ended).on('exit', ended);
    child.stdin!.on('error', ended);
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const [id, result, folder] = JSON.parse(line) as [number, number | string, boolean | undefined];
      const answer = this.#waiting.get(id);
      this.#waiting.delete(id);
      answer?.(typeof result === 'number' ? { size: result, folder: folder === true } : { code: result });
    });
    // It must not keep the service from ending.
    child.unref();
    for (const stream of [child.stdin, child.stdout]) (stream as unknown as { unref?: () => void }).unref?.();
  }

  stat(path: string): Promise<StatAnswer> {
    if (!this.alive) return Promise.resolve({ code: 'EHELPER' });
    return new Promise((resolve) => {
      const id = this.#next++;
      this.#waiting.set(id, resolve);
      this.#child.stdin!.write(`${JSON.stringify([id, path])}\n`);
    });
  }

  dispose(): void {
    this.alive = false;
    this.#waiting.clear();
    this.#child.stdin!.destroy();
    this.#child.kill('SIGKILL');
  }
}

/** For places where no process may be started. A stat that hangs keeps one of Node's threads: never begin a second one. */
export function inProcessStats(look: typeof stat = stat): StatHelper {
  let alive = true;
  let pending: Promise<StatAnswer> | undefined;
  return {
    get alive() {
      return alive;
    },
    async stat(path) {
      while (pending) await pending;
      const answer = look(path).then(
        (s) => ({ size: s.isFile() ? s.size : -1, folder: s.isDirectory() }),
        (error: NodeJS.ErrnoException) => ({ code: error.code ?? 'EIO' }));
      pending = answer;
      try {
        return await answer;
      } finally {
        pending = undefined;
      }
    },
    dispose() {
      alive = false;
    },
  };
}
