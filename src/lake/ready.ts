// What lies ready to sign in with: the token that a pod puts into a variable or a file.
import { readFile, stat } from 'node:fs/promises';
import { tokenExpiry } from '../rucio/auth/token.ts';
import type { Instance } from './types.ts';

export interface PodToken {
  readonly token: string;
  readonly method: 'environment' | 'file';
  /** For a sentence: "The token in /tmp/rucio_oauth.token". */
  readonly name: string;
  /** Of the file, ms. */
  readonly mtime?: number;
}

/** Those that may work, the file's first; `why` (a sentence, without a token) says why a configured place holds none. */
export async function podTokens({ tokenEnv, tokenFile }: Instance, environment: (name: string) => string | undefined, now: number): Promise<{ readonly tokens: PodToken[]; readonly why?: string }> {
  const tokens: PodToken[] = [];
  const problems: string[] = [];
  const add = (token: PodToken): void => {
    const ends = tokenExpiry(token.token);
    if (/[^\x20-\x7e]/.test(token.token)) problems.push(`${token.name} is not a token: it has line breaks or other characters that no token has.`);
    else if (ends !== undefined && ends <= now) problems.push(`${token.name} has expired.`);
    else tokens.push(token);
  };
  if (tokenFile !== undefined) {
    try {
      const mtime = (await stat(tokenFile)).mtimeMs;
      const token = (await readFile(tokenFile, 'utf8')).trim();
      if (token === '') problems.push(`The token file ${tokenFile} is empty.`);
      else add({ token, method: 'file', name: `The token in ${tokenFile}`, mtime });
    } catch (error) {
      problems.push(`The token file ${tokenFile} can't be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`);
    }
  }
  if (tokenEnv !== undefined) {
    const token = environment(tokenEnv)?.trim();
    if (token) add({ token, method: 'environment', name: `The token in the variable ${tokenEnv}` });
    else problems.push(`The variable ${tokenEnv} holds no token.`);
  }
  return { tokens, ...(problems[0] !== undefined && { why: problems[0] }) };
}

/** Whether the token's file was written again and holds another token than this. */
export async function fileChanged({ tokenFile }: Instance, mtime: number, token: string): Promise<boolean> {
  if (tokenFile === undefined) return false;
  try {
    return (await stat(tokenFile)).mtimeMs !== mtime && (await readFile(tokenFile, 'utf8')).trim() !== token;
  } catch {
    return false; // it is being written, or gone: the one we hold still lasts
  }
}
