// Small files that others write: configuration, tokens. Read whole or not at all, and never waited for: a pipe in the
// place of a file would hold the reader for good.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

const LARGEST = 1 << 20;

export type SmallFile = { readonly text: string; readonly uid: number } | { readonly problem: string; readonly missing: boolean };

/** UTF-8, at most 1 MB. `problem` ends the sentence "The file … ". */
export async function readSmallFile(file: string): Promise<SmallFile> {
  try {
    const handle = await open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) return { problem: 'is no file', missing: false };
      if (stat.size > LARGEST) return { problem: 'is larger than 1 MB', missing: false };
      return { text: await handle.readFile('utf8'), uid: stat.uid };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return { problem: `can't be read (${code})`, missing: code === 'ENOENT' || code === 'ENOTDIR' };
  }
}
