// When a call that is safe to repeat is made again, by one rule for all servers: a few times, after a pause that grows, or as long as the server
// asks for. Who asks for more patience than that gets no more calls: the person decides.

/** `attempts` in all, ≥ 1; delays in ms, doubled from `baseDelay` up to `maxDelay`. */
export interface Retry {
  readonly attempts: number;
  readonly baseDelay: number;
  readonly maxDelay: number;
}

export const RETRY: Retry = { attempts: 4, baseDelay: 250, maxDelay: 10_000 };

/** ms until the next attempt, after `attempt` (from 1) failed and the server asked for `after` ms; undefined = that was the last. */
export function untilNext({ attempts, baseDelay, maxDelay }: Retry, attempt: number, after = 0): number | undefined {
  const delay = Math.max(after, Math.min(maxDelay, baseDelay * 2 ** (attempt - 1)) * (0.75 + Math.random() / 2));
  return attempt < attempts && delay <= maxDelay * 1.25 ? delay : undefined;
}
