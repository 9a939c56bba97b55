// What the real extension exports, as far as the stand-in has it (types of the npm package @vscode/jupyter-extension 1.1.1).
import type { CancellationToken, Event, Uri } from 'vscode';

export type KernelStatus = 'unknown' | 'starting' | 'idle' | 'busy' | 'terminating' | 'restarting' | 'autorestarting' | 'dead';

export interface Output {
  readonly items: readonly { readonly mime: string; readonly data: Uint8Array }[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface Kernel {
  readonly status: KernelStatus;
  readonly onDidChangeStatus: Event<KernelStatus>;
  readonly language: string;
  executeCode(code: string, token: CancellationToken): AsyncIterable<Output>;
}

export interface Jupyter {
  readonly kernels: { getKernel(uri: Uri): Promise<Kernel | undefined> };
}
