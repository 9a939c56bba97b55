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
  const stop = new AbortController();
  // Some work notices a signal only at its next step, and who gave up does not want to wait for that.
  const gaveUp = openPage(page, over.signal).then(() => {
    throw new RucioError('cancelled', 'The sign-in in the browser was given up.');
  });
  try {
    return await Promise.race([work(AbortSignal.any(signal ? [signal, stop.signal] : [stop.signal])), gaveUp]);
  } finally {
    stop.abort();
    over.abort();
  }
}
