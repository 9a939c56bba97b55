// What transfers need of an instance.
import type { RucioClient } from '../../rucio/client.ts';
import type { Storage } from '../../storage/storage.ts';

/** Open, with a sign-in that asks nobody. */
export interface TransferLake {
  /** Its name. */
  readonly instance: string;
  /** lake/instances.ts, sessionKey. */
  readonly session: string;
  readonly client: RucioClient;
  readonly storage: Storage;
  /** As in sources.ts. */
  readonly caches?: readonly string[] | undefined;
  account(signal?: AbortSignal): Promise<string>;
  /** Whether there is anything to show to a storage: a token that it may know, or a certificate. */
  knownToStorages(signal?: AbortSignal): Promise<boolean>;
}
