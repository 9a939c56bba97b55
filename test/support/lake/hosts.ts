// The name lake.test: one marked line for each lake in /etc/hosts.
import dns from 'node:dns/promises';
import fs from 'node:fs';
import { LakeError } from './error.ts';
import { withLock } from './lock.ts';

export const HOST = 'lake.test';
const HOSTS = '/etc/hosts';
const LOCK = '/tmp/rucio-lake-hosts.lock';
const lineOf = (dir: string): string => `127.0.0.1 ${HOST} # rucio-lake ${dir}`;

/** Adds this lake's line. Where the file may not be written, somebody else must have made the name known. */
export async function addHostsLine(dir: string): Promise<void> {
  if (fs.readFileSync(HOSTS, 'utf8').split('\n').includes(lineOf(dir))) return;
  try {
    fs.accessSync(HOSTS, fs.constants.W_OK);
  } catch {
    const known = await dns.lookup(HOST).catch(() => undefined); // not known: told below
    if (known?.address === '127.0.0.1') return;
    throw new LakeError(`The lake needs the name ${HOST}, and ${HOSTS} may not be written: ask an administrator to add the line "127.0.0.1 ${HOST}" to it.`);
  }
  await withLock(LOCK, 10, () => {
    const text = fs.readFileSync(HOSTS, 'utf8');
    fs.appendFileSync(HOSTS, `${text === '' || text.endsWith('\n') ? '' : '\n'}${lineOf(dir)}\n`);
  });
}

/** Takes this lake's line out again, and those of lakes whose folder is gone. */
export async function removeHostsLine(dir: string): Promise<void> {
  const has = (): boolean => fs.readFileSync(HOSTS, 'utf8').split('\n').includes(lineOf(dir));
  if (!has()) return;
  await withLock(LOCK, 10, () => {
    // written in place: in a container the file is a mount and cannot be replaced
    const stays = (line: string): boolean => {
      const owner = line.startsWith(lineOf('')) ? line.slice(lineOf('').length) : undefined;
      return owner === undefined || (owner !== dir && fs.existsSync(owner));
    };
    const rest = fs.readFileSync(HOSTS, 'utf8').split('\n').filter(stays).join('\n');
    fs.writeFileSync(HOSTS, rest);
  });
}
