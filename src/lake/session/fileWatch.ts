// Tells when a small file is written or replaced. Its folder is watched and not the file itself, as renewers put a new
// file in the old one's place, and Kubernetes a new folder behind the link ..data. Where nothing can be watched (a
// network home, a folder that is not there) nothing is told: whoever needs to know looks as well.
import fs from 'node:fs';
import path from 'node:path';

/** Writers take a moment between opening and the last byte; ms. */
const SETTLE = 50;

/** Keeps no process alive. The returned function ends it. */
export function watchFiles(files: readonly string[], onChange: () => void): () => void {
  const watchers: fs.FSWatcher[] = [];
  let timer: NodeJS.Timeout | undefined;
  const changed = (): void => {
    clearTimeout(timer);
    timer = setTimeout(onChange, SETTLE);
    timer.unref();
  };
  for (const folder of new Set(files.map((file) => path.dirname(file)))) {
    const names = new Set(files.filter((file) => path.dirname(file) === folder).map((file) => path.basename(file)));
    try {
      const watcher = fs.watch(folder, { persistent: false }, (_event, name) => {
        if (name === null || names.has(name) || name === '..data') changed();
      });
      watcher.on('error', () => watcher.close()); // the folder went away
      watchers.push(watcher);
    } catch {
      continue; // not there, or the system has no watches left
    }
  }
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
