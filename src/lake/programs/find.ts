// Where programs lie on this machine. The PATH that we were started with is not the person's (behind a hub it is the system's
// own), so it comes last: first what the settings say, then what the person's own shell finds when it is a log-in shell,
// then the places where such programs are put.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { programPlaces } from '../../storage/programPlaces.ts';
import { nameXrootd } from '../../storage/xrootd.ts';

export interface FoundProgram {
  readonly name: string;
  /** Absent: not found. */
  readonly path?: string;
  /** What found it: "setting rucio.programs.paths", "the log-in shell /bin/bash", "known places". */
  readonly by?: string;
  /** Where was looked before, and what was there instead: "the log-in shell /bin/bash: an alias, no file". */
  readonly looked: readonly string[];
}

export interface FindOptions {
  /** The setting: name → full path. */
  readonly configured: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** ms for the shell; then its children end with it. */
  readonly deadline?: number;
  readonly platform?: NodeJS.Platform;
}

const DEADLINE = 5000;
const LONGEST_ANSWER = 1 << 20;

/** Those that we or our users start. */
export const PROGRAMS = ['rucio', 'python3', 'python', 'xrdcp', 'xrdfs', 'gfal-copy', 'voms-proxy-init'] as const;

/** Those of the setting that we start ourselves are taken from there, from now on. */
export function startFrom(configured: FindOptions['configured']): void {
  nameXrootd(configured);
}

/** Never rejects. One shell is started for all names. */
export async function findPrograms(names: readonly string[], { configured, env, deadline = DEADLINE, platform = process.platform }: FindOptions): Promise<FoundProgram[]> {
  const known = names.filter((name) => /^[\w.+-]+$/.test(name));
  const asked = known.filter((name) => !configured[name]);
  const shell = asked.length === 0 || platform === 'win32' ? undefined : await askShell(asked, env, deadline);
  return Promise.all(known.map(async (name) => {
    const looked: string[] = [];
    const own = configured[name];
    if (own) {
      const by = 'the setting rucio.programs.paths';
      // What a person names is meant: nothing else is taken instead.
      return await isProgram(own) ? { name, path: own, by, looked } : { name, looked: [`${by}: ${own} is not there, or is no program`] };
    }
    if (shell) {
      const answer = shell.found.get(name);
      if (answer !== undefined && path.isAbsolute(answer) && await isProgram(answer)) return { name, path: answer, by: shell.by, looked };
      looked.push(`${shell.by}: ${shell.problem ?? (answer === undefined ? 'not found' : 'an alias or a function, no program')}`);
    }
    const places = programPlaces(env, platform);
    for (const place of places) {
      for (const file of platform === 'win32' ? [`${name}.exe`, `${name}.cmd`] : [name]) {
        if (await isProgram(path.join(place, file))) return { name, path: path.join(place, file), by: 'known places', looked };
      }
    }
    return { name, looked: [...looked, ...places] };
  }));
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await fs.access(file, constants.X_OK);
    return (await fs.stat(file)).isFile();
  } catch {
    return false; // not there, or not for us
  }
}

interface Shell { readonly by: string; readonly found: ReadonlyMap<string, string>; readonly problem?: string }

/** What `command -v` says in an interactive log-in shell, which reads all that a terminal's shell reads. */
function askShell(names: readonly string[], env: FindOptions['env'], deadline: number): Promise<Shell> {
  const shell = env['SHELL'] || os.userInfo().shell || '/bin/sh';
  const by = `the log-in shell ${shell}`;
  // What its start-up files print stands before the mark.
  const mark = randomBytes(8).toString('hex');
  const script = names.map((name) => `echo ${mark}=${name}; command -v ${name}`).join('; ');
  return new Promise((resolve) => {
    const { ELECTRON_RUN_AS_NODE: _, ...own } = env;
    // A group of its own, so that what the start-up files began ends with it; no terminal, so that nothing waits for a key.
    const child = spawn(shell, ['-l', '-i', '-c', script], { env: { ...own, TERM: 'dumb' } as NodeJS.ProcessEnv, stdio: ['ignore', 'pipe', 'ignore'], detached: true, cwd: '/' });
    let text = '';
    let problem: string | undefined;
    const kill = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // it has ended
      }
    };
    const timer = setTimeout(() => {
      problem = `no answer within ${deadline / 1000} s`;
      kill();
      end();
    }, deadline);
    const end = (): void => {
      clearTimeout(timer);
      child.stdout.destroy();
      resolve({ by, found: answers(text, mark), ...(problem !== undefined && { problem }) });
    };
    child.stdout.setEncoding('utf8').on('data', (part: string) => { if (text.length < LONGEST_ANSWER) text += part; });
    child.on('error', (error) => {
      problem = `it can't be started (${(error as NodeJS.ErrnoException).code ?? error.message})`;
      end();
    });
    // Not 'close': a program that the start-up files left running may hold the pipe for good.
    child.on('exit', () => setTimeout(end, 50));
  });
}

/** A name's answer is the line behind its mark. */
function answers(text: string, mark: string): Map<string, string> {
  const found = new Map<string, string>();
  const lines = text.split(/\r?\n/);
  lines.forEach((line, i) => {
    const at = line.indexOf(`${mark}=`);
    const next = lines[i + 1];
    if (at >= 0 && next !== undefined && next !== '' && !next.includes(mark)) found.set(line.slice(at + mark.length + 1), next.trim());
  });
  return found;
}
