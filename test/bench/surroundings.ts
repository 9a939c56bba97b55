// What benchmarks run on, made when the first of them asks for it and gone with the process: a lake whose scope `scale`
// has 100 000 files, a lake service with a window's client that is signed in, and the extension as it is shipped.
import { build } from '../../esbuild.mjs';
import { instanceOf, signIn } from '../support/instance.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { upLake } from '../support/lake/lake.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { type TestClient, testService } from '../support/service.ts';

export const SCALE = 100_000;

const endings: (() => Promise<void>)[] = [];

/** Ends what does not end with this process by itself. */
export async function endSurroundings(): Promise<void> {
  for (const end of endings.splice(0)) await end();
}

/** To be called at the end, last one first. */
export function atEnd(end: () => Promise<void>): void {
  endings.unshift(end);
}

/** Its address has the name lake.test: VS Code treats `localhost` in its own way. */
export const lake: () => Promise<LakeInfo> = once(async () => upLake({ dir: (await sharedLake()).dir, scale: SCALE }));

/** Bytes of each file in dist/, built now. */
export const built: () => Promise<Readonly<Record<string, number>>> = once(build);

/** The service is started, signed in, and has answered. */
export const windowClient: () => Promise<TestClient> = once(async () => {
  await built();
  const service = testService();
  atEnd(() => service.stop());
  const client = service.client({ instances: [instanceOf(await lake())] });
  await signIn(client, await lake(), 'alice');
  return client;
});

/** Made when it is asked for first, and never again. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => made ??= make();
}
