// Keeps one rule's page up to date while it is looked at: follows the rule as long as the page is visible and the rule
// moves, asks nothing otherwise. Knows the service, not VS Code.
import type { ServiceClient } from '../../client/client.ts';
import * as protocol from '../../protocol.ts';
import type { Failure, RuleProgress } from '../../protocol.ts';
import { isCancelled, toFailure } from '../failures.ts';
import { Signal } from '../signal.ts';

export type RuleReader = Pick<ServiceClient, 'stream'>;

export class RuleWatch {
  readonly #client: RuleReader;
  readonly #instance: string;
  readonly #ruleId: string;
  readonly #changed = new Signal<void>();
  readonly onDidChange = this.#changed.event;
  #following: AbortController | undefined;
  #progress: RuleProgress | undefined;
  #failure: Failure | undefined;
  #asOf: number | undefined;

  constructor(client: RuleReader, instance: string, ruleId: string) {
    this.#client = client;
    this.#instance = instance;
    this.#ruleId = ruleId;
  }

  /** The last that was heard; stays when a later look fails. */
  get progress(): RuleProgress | undefined {
    return this.#progress;
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** ms since 1970. */
  get asOf(): number | undefined {
    return this.#asOf;
  }

  get following(): boolean {
    return this.#following !== undefined;
  }

  /** Looks at once, then follows; a rule that is done costs one look. No effect while it follows. */
  follow(): void {
    if (this.#following) return;
    const abort = new AbortController();
    this.#following = abort;
    if (this.#failure) this.#changed.fire();
    void this.#run(abort);
  }

  pause(): void {
    this.#following?.abort();
    this.#following = undefined;
  }

  dispose(): void {
    this.pause();
    this.#changed.dispose();
  }

  async #run(abort: AbortController): Promise<void> {
    const { signal } = abort;
    try {
      const last = await this.#client.stream(protocol.followRule, protocol.ruleProgress, (progress) => ({ instance: this.#instance, id: this.#ruleId, progress }), (now) => {
        if (!signal.aborted) this.#hear(now);
      }, { signal });
      if (signal.aborted) return;
      this.#following = undefined;
      this.#hear(last);
    } catch (error) {
      if (signal.aborted) return;
      this.#following = undefined;
      const failure = toFailure(error);
      if (isCancelled(failure)) return;
      this.#failure = failure;
      this.#changed.fire();
    }
  }

  #hear(progress: RuleProgress): void {
    this.#progress = progress;
    this.#failure = undefined;
    this.#asOf = Date.now();
    this.#changed.fire();
  }
}
