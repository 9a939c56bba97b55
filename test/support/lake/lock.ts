// A lock file that a killed holder cannot leave behind: it names the holder by process id and start time.
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { LakeError } from './error.ts';
import { startTime } from './processes.ts';

/** Runs `work` while no other process holds `file`. Waits up to `seconds` for a holder that is alive. */
export async function withLock<T>(file: string, seconds: number, work: () => Promise<T> | T): Promise<T> {
  const me = `${process.pid} ${startTime(process.pid) ?? ''}`;
  const own = `${file}.${process.pid}`;
  const until = Date.now() + seconds * 1000;
  fs.writeFileSync(own, me);
  try {
    for (;;) {
      try {
        fs.linkSync(own, file); // unlike open and write, the file appears with its content
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      if (!holderLives(file)) {
        fs.rmSync(file, { force: true });
        continue;
      }
      if (Date.now() > until) throw new LakeError(`Another command works on this lake (it holds ${file}): wait for it, or end it.`);
      await sleep(100);
    }
  } finally {
    fs.rmSync(own, { force: true });
  }
  try {
    return await work();
  } finally {
    fs.rmSync(file, { force: true });
  }
}

function holderLives(file: string): boolean {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch {
    return false; // given back just now
  }
  const [pid, started] = text.split(' ');
  return startTime(Number(pid)) === started;
}
