// When a long-running command shall end: on a signal, or when npm is gone. A signal sent to npm itself ends npm and the
// shell it runs scripts in, but never reaches us; we notice that nobody is there any more.
import fs from 'node:fs';

const LOOK_MS = 500;

/** Aborts, with an error as its reason, when this process shall end. From then on a signal does not end it by itself. */
export function stopped(): AbortSignal {
  const controller = new AbortController();
  const stop = (why: string) => { if (!controller.signal.aborted) controller.abort(new Error(`Stopped (${why}).`)); };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
  if (process.env.npm_lifecycle_event) {
    const above = () => parentOf(process.ppid); // on-node.mjs is our parent, npm's shell is its
    const npm = above();
    setInterval(() => { if (above() !== npm) stop('npm has ended'); }, LOOK_MS).unref();
  }
  return controller.signal;
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(/\) \S (\d+)/.exec(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
  } catch {
    return undefined; // it has ended in this instant
  }
}
