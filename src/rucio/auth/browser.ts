// Signing in on a page in a person's browser, while we wait for what comes of it.
import { RucioError } from '../errors.ts';
import type { Page, People } from './way.ts';

/** Checked, as it comes from elsewhere and is opened on the person's machine. Throws RucioError notRucio. */
export function pageAt(address: string, from: string, userCode?: string): Page {
  const url = URL.parse(address);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) throw new RucioError('notRucio', `${from} names no page on which to sign in.`, { subject: from });
  return { url: url.href, host: url.host, ...(userCode !== undefined && { userCode }) };
}

/** Shows the page while `work` goes on, and stops the work when the person gives up: RucioError cancelled. */
export async function inBrowser<T>({ openPage }: People, page: Page, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  if (!openPage) throw new RucioError('signInNeeded', `To sign in, a page of ${page.host} must be opened in a browser, and nobody is here to do that.`);
  const over = new AbortController();
  const gaveUp = new AbortController();
  let failure: unknown;
  const shown = openPage(page, over.signal).catch((error: unknown) => {
    failure = error;
  }).finally(() => gaveUp.abort());
  try {
    return await work(AbortSignal.any(signal ? [signal, gaveUp.signal] : [gaveUp.signal]));
  } catch (error) {
    if (failure !== undefined) throw failure;
    throw gaveUp.signal.aborted && !signal?.aborted ? new RucioError('cancelled', 'The sign-in in the browser was given up.') : error;
  } finally {
    over.abort();
    await shown;
  }
}
