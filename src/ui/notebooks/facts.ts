// Type and size of what is attached, asked once each; signed in by what lies ready, as looking at a notebook must not open dialogs.
import type { ServiceClient } from '../../client/client.ts';
import { type Failure, getDid } from '../../protocol.ts';
import type { DidRef } from '../context.ts';
import { didKey } from '../explorer/ids.ts';
import { toFailure } from '../failures.ts';
import type { SessionStore } from '../sessions.ts';
import { signedIn } from '../signedIn.ts';
import type { Facts } from './words.ts';

const PATIENCE_MS = 60_000;

export class AttachedFacts {
  readonly #client: Pick<ServiceClient, 'request'>;
  readonly #sessions: SessionStore;
  readonly #known = new Map<string, Facts | Failure>();
  readonly #asking = new Set<string>();

  constructor(client: Pick<ServiceClient, 'request'>, sessions: SessionStore) {
    this.#client = client;
    this.#sessions = sessions;
  }

  get(did: DidRef): Facts | Failure | undefined {
    return this.#known.get(didKey(did));
  }

  /** The DID with its type, where that is known. */
  typed(did: DidRef): Required<DidRef> | undefined {
    const facts = this.get(did);
    const type = facts && 'type' in facts ? facts.type : did.type;
    return type === undefined || did.instance === '' ? undefined : { ...did, type };
  }

  /** True when it asked. Never rejects: a failure is what is known then. */
  async learn(did: DidRef): Promise<boolean> {
    const key = didKey(did);
    if (this.#known.has(key) || this.#asking.has(key)) return false;
    this.#asking.add(key);
    const { instance, scope, name } = did;
    try {
      await signedIn(this.#client, this.#sessions, instance, AbortSignal.timeout(PATIENCE_MS));
      const { type, bytes, length } = await this.#client.request(getDid, { instance, did: { scope, name } });
      this.#known.set(key, { type, bytes, length });
    } catch (error) {
      this.#known.set(key, toFailure(error));
    } finally {
      this.#asking.delete(key);
    }
    return true;
  }

  failed(did: DidRef, error: unknown): void {
    this.#known.set(didKey(did), toFailure(error));
  }

  /** So that it is asked again; what is known stays. */
  forgetFailure(did: DidRef): void {
    const facts = this.get(did);
    if (facts && 'kind' in facts) this.#known.delete(didKey(did));
  }
}
