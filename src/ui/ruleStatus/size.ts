// How far a rule is in bytes: asked when its counts change, one question at a time, with a rest between two of them.
import type { ServiceClient } from '../../client/client.ts';
import * as protocol from '../../protocol.ts';
import type { Rule, RuleSize } from '../../protocol.ts';
import { bytesText } from '../explorer/words.ts';
import { isCancelled, toFailure } from '../failures.ts';
import { Signal } from '../signal.ts';
import type { SizeView } from './messages.ts';

/** ms between two questions: a rule that moves changes every second. */
const REST_MS = 5000;

export class RuleSizeWatch {
  readonly #client: Pick<ServiceClient, 'request'>;
  readonly #instance: string;
  readonly #ruleId: string;
  readonly #restMs: number;
  readonly #log: (message: string) => void;
  readonly #changed = new Signal<void>();
  readonly onDidChange = this.#changed.event;
  #wanted = '';
  #asked = '';
  #busy = false;
  #rest: NodeJS.Timeout | undefined;
  #abort = new AbortController();
  #size: RuleSize | undefined;

  constructor(client: Pick<ServiceClient, 'request'>, instance: string, ruleId: string, log: (message: string) => void, restMs = REST_MS) {
    this.#client = client;
    this.#instance = instance;
    this.#ruleId = ruleId;
    this.#log = log;
    this.#restMs = restMs;
  }

  /** The last that is known. */
  get size(): RuleSize | undefined {
    return this.#size;
  }

  hear({ locks_ok_cnt: ok, locks_replicating_cnt: moving, locks_stuck_cnt: stuck }: Rule): void {
    this.#wanted = ok + moving + stuck === 0 ? '' : `${ok} ${moving} ${stuck}`;
    void this.#ask();
  }

  /** Nobody looks: nothing more is asked until the next {@link hear}. */
  pause(): void {
    this.#wanted = '';
    clearTimeout(this.#rest);
    this.#rest = undefined;
    this.#abort.abort();
    this.#abort = new AbortController();
  }

  dispose(): void {
    this.pause();
    this.#changed.dispose();
  }

  async #ask(): Promise<void> {
    if (this.#busy || this.#rest || this.#wanted === '' || this.#wanted === this.#asked) return;
    this.#busy = true;
    const { signal } = this.#abort;
    const asked = this.#wanted;
    try {
      const size = await this.#client.request(protocol.ruleSize, { instance: this.#instance, id: this.#ruleId }, signal);
      if (signal.aborted) return; // not kept, so not asked either
      this.#asked = asked;
      this.#size = size ?? undefined;
      this.#changed.fire();
    } catch (error) {
      const failure = toFailure(error);
      if (signal.aborted || isCancelled(failure)) return;
      this.#asked = asked; // with the next change of the rule
      this.#log(`how far rule ${this.#ruleId} is in bytes is not known: ${failure.what}`);
    } finally {
      this.#busy = false;
      if (signal.aborted) void this.#ask(); // somebody may look again already
      else {
        this.#rest = setTimeout(() => {
          this.#rest = undefined;
          void this.#ask();
        }, this.#restMs);
      }
    }
  }
}

/** "1.2 of 3.4 GB" as a bar; what is done is done whatever was asked last. */
export function sizeView({ done, total, about }: RuleSize, finished: boolean): SizeView | undefined {
  if (total <= 0) return undefined;
  const there = finished ? total : Math.min(done, total);
  return { done: there, total, text: there >= total ? `all ${bytesText(total)}` : `${about ? 'about ' : ''}${bytesText(Math.round(there))} of ${bytesText(total)}` };
}
