// Code in a kernel of the Jupyter extension, so that nothing is ever waited for in vain: a dead kernel answers no call, one that is
// restarted loses it, and a call can't be cancelled without interrupting what a person runs. Knows nothing of VS Code.

/** What is used of the Jupyter extension's API (npm @vscode/jupyter-extension 1.1.1); its other properties throw when they are looked at. */
export interface JupyterKernel {
  readonly status: 'unknown' | 'starting' | 'idle' | 'busy' | 'terminating' | 'restarting' | 'autorestarting' | 'dead';
  onDidChangeStatus(listener: (status: JupyterKernel['status']) => unknown): { dispose(): unknown };
  readonly language: string;
  executeCode(code: string, token: CancellationLike): AsyncIterable<{ readonly items: readonly { readonly mime: string; readonly data: Uint8Array }[] }>;
}

export interface CancellationLike {
  readonly isCancellationRequested: boolean;
  onCancellationRequested(listener: (event: unknown) => unknown): { dispose(): unknown };
}

/** `refused`: the person (or the policy of the window) does not want us to run code; `gone`: the kernel ended or was restarted; `silent`: it has nothing to do and does not answer. */
export type Ran = { readonly how: 'done' | 'refused' | 'gone' | 'silent' } | { readonly how: 'failed'; readonly message: string };

/** Never cancelled: that would interrupt the cell that runs before our code. */
const NEVER: CancellationLike = { isCancellationRequested: false, onCancellationRequested: () => ({ dispose: () => undefined }) };

/** What the Jupyter extension throws when access to kernels is denied, or was taken back. */
const REVOKED = 'vscode.jupyter.apiAccessRevoked';

export const isAlive = ({ status }: Pick<JupyterKernel, 'status'>): boolean => status === 'idle' || status === 'busy';

/** @param silenceMs how long a kernel that is idle may leave us without an answer; while it is busy, others' code is at work and we wait */
export async function runIn(kernel: JupyterKernel, snippets: readonly string[], silenceMs: number): Promise<Ran> {
  if (!isAlive(kernel)) return { how: 'gone' };
  let timer: NodeJS.Timeout | undefined;
  let stop: (ran: Ran) => void = () => undefined;
  const stopped = new Promise<Ran>((resolve) => { stop = resolve; });
  const listen = (): void => {
    clearTimeout(timer);
    if (kernel.status === 'busy') return;
    if (kernel.status !== 'idle') return stop({ how: 'gone' });
    timer = setTimeout(() => stop({ how: 'silent' }), silenceMs);
  };
  const listening = kernel.onDidChangeStatus(listen);
  listen();
  try {
    return await Promise.race([stopped, execute(kernel, snippets, listen)]);
  } finally {
    clearTimeout(timer);
    listening.dispose();
  }
}

async function execute(kernel: JupyterKernel, snippets: readonly string[], alive: () => void): Promise<Ran> {
  try {
    for (const snippet of snippets) {
      alive();
      // An exception is an output and then thrown; languages that throw nothing say so in an output alone.
      let failed: string | undefined;
      for await (const { items } of kernel.executeCode(snippet, NEVER)) {
        for (const { mime, data } of items) if (mime === ERROR) failed = errorText(data);
      }
      if (failed !== undefined) return { how: 'failed', message: failed };
    }
    return { how: 'done' };
  } catch (error) {
    if (error instanceof Error && error.name === REVOKED) return { how: 'refused' };
    const message = error instanceof Error ? error.message : String(error);
    return /disposed|not available to execute/.test(message) ? { how: 'gone' } : { how: 'failed', message };
  }
}

export const ERROR = 'application/vnd.code.notebook.error';
export const STDERR = 'application/vnd.code.notebook.stderr';

/** Of an error output: "NameError: name 'x' is not defined". */
export function errorText(data: Uint8Array): string {
  const text = Buffer.from(data).toString();
  try {
    const { name, message } = JSON.parse(text) as { name?: unknown; message?: unknown };
    return [name, message].filter((part) => typeof part === 'string' && part !== '').join(': ');
  } catch {
    return text; // not JSON: shown as it is
  }
}
