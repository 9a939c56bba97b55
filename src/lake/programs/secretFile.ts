// Small files that hold a secret for other programs of the same user: 0600, whole or not at all for whoever reads them
// meanwhile, never through a link, never in place of what belongs to somebody else.
import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { RucioError } from '../../rucio/errors.ts';

/** A folder that only this user can enter: made, or checked. Throws RucioError configuration with a sentence. */
export async function ownFolder(folder: string): Promise<void> {
  await fs.mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw refusal(folder, `The folder ${folder} can't be made (${codeOf(cause)}).`, cause);
  });
  const stat = await fs.lstat(folder);
  if (!stat.isDirectory()) throw refusal(folder, `${folder} is a link or a file, not a folder: nothing is written there.`);
  if (isStranger(stat.uid)) throw refusal(folder, `The folder ${folder} belongs to another user: nothing is written there.`);
  if (process.getuid && (stat.mode & 0o077) !== 0) await fs.chmod(folder, 0o700);
}

/** Throws RucioError configuration with a sentence that names the file; never with the text. */
export async function writeSecretFile(file: string, text: string): Promise<void> {
  await refuseStrange(file);
  const fresh = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString('hex')}`);
  try {
    // Exclusively: what somebody put there under that name is not followed.
    const handle = await fs.open(fresh, 'wx', 0o600);
    try {
      await handle.chmod(0o600);
      await handle.writeFile(text);
      // A machine that loses its power leaves the old one or the new one, never an empty one.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(fresh, file); // takes the place of a link that came meanwhile, and never follows it
  } catch (cause) {
    await fs.rm(fresh, { force: true });
    throw refusal(file, `The file ${file} can't be written (${codeOf(cause)}).`, cause);
  }
}

/** Nothing happens where it is not there any more. Throws like {@link writeSecretFile}. */
export async function removeSecretFile(file: string): Promise<void> {
  await refuseStrange(file);
  await fs.rm(file, { force: true }).catch((cause: unknown) => {
    throw refusal(file, `The file ${file} can't be removed (${codeOf(cause)}).`, cause);
  });
}

/** In a folder for everybody (/tmp) anybody may have put anything under the name. */
async function refuseStrange(file: string): Promise<void> {
  const stat = await fs.lstat(file).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    throw refusal(file, `The file ${file} can't be looked at (${codeOf(error)}).`, error);
  });
  if (!stat) return;
  if (stat.isSymbolicLink()) throw refusal(file, `${file} is a link, and a token is not written through a link. Remove it.`);
  if (!stat.isFile()) throw refusal(file, `${file} is no file.`);
  if (isStranger(stat.uid)) throw refusal(file, `The file ${file} belongs to another user, and is left alone.`);
}

function isStranger(uid: number): boolean {
  return process.getuid !== undefined && uid !== process.getuid();
}

function refusal(subject: string, message: string, cause?: unknown): RucioError {
  return new RucioError('configuration', message, { subject, cause });
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | null)?.code ?? 'unknown error';
}
