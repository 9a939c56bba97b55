// Which of the names that are there may have been meant by one that is not.

/** Letters changed, left out, put in or swapped with the next, at most: one in five, and four. */
const MOST_CHANGES = 4;

/** The nearest first, at most three; none when nothing is near. */
export function nearest(wanted: string, names: Iterable<string>): readonly string[] {
  const most = Math.min(MOST_CHANGES, Math.max(1, Math.floor(wanted.length / 5)));
  const near: { readonly name: string; readonly changes: number }[] = [];
  for (const name of names) {
    if (name === wanted || Math.abs(name.length - wanted.length) > most) continue;
    const changes = name.toLowerCase() === wanted.toLowerCase() ? 0 : distance(wanted, name, most);
    if (changes <= most) near.push({ name, changes });
  }
  return near.sort((a, b) => a.changes - b.changes || (a.name < b.name ? -1 : 1)).slice(0, 3).map(({ name }) => name);
}

/** Optimal string alignment; more than `most` is told as `most + 1`. Reads a band of the table only. */
export function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  const far = most + 1;
  let [last, row]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => Math.min(j, far))];
  for (let i = 1; i <= a.length; i++) {
    const [beforeLast, above] = [last, row];
    const now = new Array<number>(b.length + 1).fill(far);
    now[0] = Math.min(i, far);
    let least = now[0];
    for (let j = Math.max(1, i - most); j <= Math.min(b.length, i + most); j++) {
      let changes = Math.min(above[j]! + 1, now[j - 1]! + 1, above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) changes = Math.min(changes, beforeLast[j - 2]! + 1);
      now[j] = Math.min(changes, far);
      least = Math.min(least, now[j]!);
    }
    if (least > most) return far;
    [last, row] = [above, now];
  }
  return row[b.length]!;
}
