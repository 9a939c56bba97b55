// The words of a cell's status bar: how many DIDs, and how many of them are not simply there.

/** `state`: as people read it, e.g. "Replicating 42 %"; undefined = not known yet. */
export interface SeenDid { readonly text: string; readonly state: string | undefined }

/** "2 DIDs · 1 replicating"; what is available needs no word. */
export function cellText(seen: readonly SeenDid[]): { readonly short: string; readonly full: string; readonly spoken: string } {
  const count = `${seen.length} ${seen.length === 1 ? 'DID' : 'DIDs'}`;
  const groups = new Map<string, number>();
  for (const { state } of seen) {
    const word = state?.replace(/ \(.*\)$| \d+ %$/, '').toLowerCase();
    if (word !== undefined && word !== 'available') groups.set(word, (groups.get(word) ?? 0) + 1);
  }
  const all = seen.length > 0 && seen.every(({ state }) => state === 'Available');
  const parts = all ? ['available'] : [...groups].map(([word, n]) => `${n} ${word}`);
  return {
    short: [count, ...parts].join(' · '),
    full: seen.map(({ text, state }) => `${text}: ${state ?? 'not looked up yet'}`).join('\n'),
    spoken: `Rucio: ${[count, ...parts].join(', ')}. Check DIDs in this file.`,
  };
}
