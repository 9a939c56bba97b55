// The words of the rows of *Storage*.
import type { StorageUsage } from '../../protocol.ts';
import { bytesText, count } from '../explorer/words.ts';

export interface UsageWords {
  /** "31 % of 10.0 GB, 6.9 GB free ▰▰▰▱▱▱▱▱▱▱": the bar goes first where there is no room. */
  readonly text: string;
  /** The same for screen readers, without the bar. */
  readonly spoken: string;
  readonly over: boolean;
}

const BAR = 10;

export function usageWords({ used, files, limit }: StorageUsage): UsageWords {
  const uses = `${bytesText(used)} used`;
  if (limit === undefined) return { text: `${uses} · no quota`, spoken: `${uses}, ${count(files, 'file')}, no quota was given here`, over: used > 0 };
  if (limit === null) return { text: `${uses} · unlimited`, spoken: `${uses}, ${count(files, 'file')}, unlimited`, over: false };
  const over = used > limit;
  const percent = Math.floor((used / limit) * 100);
  const full = Math.min(BAR, Math.round((used / limit) * BAR));
  const left = over ? `${bytesText(used - limit)} over quota` : `${bytesText(limit - used)} free`;
  return {
    text: `${percent} % of ${bytesText(limit)}, ${left} ${'▰'.repeat(full)}${'▱'.repeat(BAR - full)}`,
    spoken: `${uses} of ${bytesText(limit)}, ${percent} percent, ${left}, ${count(files, 'file')}`,
    over,
  };
}
