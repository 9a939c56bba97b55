// Transfers of all clients. The journal is opened when something is to be moved, or was: a service that only browses writes no file.
import fs from 'node:fs';
import path from 'node:path';
import { Transfers } from '../lake/transfers/engine.ts';
import type { TransferLake } from '../lake/transfers/lake.ts';
import type { TransferInfo } from '../protocol.ts';

export interface TransferringOptions {
  readonly state: string | undefined;
  /** To all clients that have this sign-in; null = off the list. */
  readonly tell: (session: string, id: string, transfer: TransferInfo | null) => void;
  /** Nothing moves any more. */
  readonly onRest: () => void;
  readonly log: (message: string) => void;
}

export class Transferring {
  readonly #options: TransferringOptions;
  #engine: Transfers | undefined;
  #throttle = 0;

  constructor(options: TransferringOptions) {
    this.#options = options;
  }

  get engine(): Transfers {
    const { state, tell, onRest, log } = this.#options;
    if (this.#engine) return this.#engine;
    this.#engine = new Transfers({
      state, log,
      onChange: (session, id, transfer) => {
        tell(session, id, transfer);
        if (!this.working) onRest();
      },
    });
    this.#engine.throttle(this.#throttle);
    return this.#engine;
  }

  get working(): boolean {
    return this.#engine?.working ?? false;
  }

  get work(): readonly string[] {
    return this.#engine?.work ?? [];
  }

  uses(session: string): boolean {
    return this.#engine?.uses(session) ?? false;
  }

  /** These instances are open: what waits for one of them goes on. */
  settle(lakes: readonly TransferLake[]): void {
    if (!this.#engine && !this.#written) return;
    for (const lake of lakes) this.engine.serve(lake);
  }

  /** There is a journal, of this service or of one before. */
  get #written(): boolean {
    return this.#options.state !== undefined && fs.existsSync(path.join(this.#options.state, 'transfers.db'));
  }

  list(sessions: ReadonlySet<string>): readonly TransferInfo[] {
    // Whoever asks at the very start is told of all that is written: an empty list would say that it is lost.
    return this.#engine || this.#written ? this.engine.list(sessions) : [];
  }

  /** Bytes a second over all transfers; 0 = no limit. What is no such number is none. */
  throttle(bytesPerSecond: number): void {
    this.#throttle = Number.isFinite(bytesPerSecond) && bytesPerSecond > 0 ? bytesPerSecond : 0;
    this.#engine?.throttle(this.#throttle);
  }

  /** No other file begins; those under way have so many ms to come to their end. */
  async rest(ms: number): Promise<void> {
    await this.#engine?.rest(ms);
  }

  async close(): Promise<void> {
    await this.#engine?.close();
  }
}
