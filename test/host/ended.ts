// The end of a transfer, as a window's client hears of it.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceClient } from '../../src/client/client.ts';
import * as protocol from '../../src/protocol.ts';
import type { TransferInfo } from '../../src/protocol.ts';

/** XRootD 5.5 leaves a request without an answer once in a great while (its log: “bad write retry”): after a minute it is asked again. */
const LOOKS = 900;

export async function ended(client: Pick<ServiceClient, 'request'>, id: string): Promise<TransferInfo> {
  for (let n = 0; n < LOOKS; n++) {
    const now = (await client.request(protocol.listTransfers, {})).find((one) => one.id === id);
    if (now && now.state !== 'running') return now;
    await sleep(100);
  }
  return assert.fail('it has not ended');
}
