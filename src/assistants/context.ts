// What a tool works with, in a window as in a terminal.
import type { ServiceClient } from '../client/client.ts';

export interface ToolContext {
  readonly client: Pick<ServiceClient, 'request' | 'stream'>;
  /** The instance that is meant, by its name or the usual one. @throws ToolError where there is none of that name */
  readonly instance: (wanted: string | undefined) => Promise<string>;
  readonly signal: AbortSignal;
}
