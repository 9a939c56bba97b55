// XRootD 5.5 forgets an answer once in some ten thousand requests: whoever waits for it waits in vain, and others behind him.

/**
 * Asks, and once more beside it when there is no answer after `ms`: the first answer counts, and the other question is ended. For what may be
 * asked twice. @throws what the first question failed of.
 */
export async function askedAgain<T>(ask: (signal: AbortSignal) => Promise<T>, ms: number, signal?: AbortSignal): Promise<T> {
  const over = new AbortController();
  const either = AbortSignal.any([over.signal, ...(signal ? [signal] : [])]);
  let timer: NodeJS.Timeout | undefined;
  const second = new Promise<T>((resolve) => {
    timer = setTimeout(() => ask(either).then(resolve, () => undefined), ms); // the first one's word stays to be heard
  });
  try {
    return await Promise.race([ask(either), second]);
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}
