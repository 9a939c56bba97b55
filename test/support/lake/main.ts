// The command line of the lake: npm run lake -- up|status|down. The answer goes to stdout, everything else to stderr.
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { InstallError } from '../install.ts';
import { LakeError } from './error.ts';
import type { LakeInfo } from './info.ts';
import { downLake, lakeStatus, upLake } from './lake.ts';
import { lakeProcesses, startTime } from './processes.ts';

const USAGE = `usage: npm run lake -- COMMAND
  up [--json] [--dir D] [--scale N] [--fresh]   starts the lake, or says where the running one is; --fresh begins from nothing,
                                                --scale adds a dataset of N files to the catalogue
  status [--json] [--dir D]
  down [--dir D]                                ends its processes; the data stays
The folder is <project>/.lake when --dir is not given.`;

function table(info: LakeInfo): string {
  const { rucio, idp, standin, accounts, rses, ca, logs, database } = info;
  return [
    `Rucio ${rucio.version}      ${rucio.http}  ${rucio.https}`, `certificates      ${ca.file}`, `OpenID provider   ${idp.issuer}`,
    `FTS stand-in      ${standin.url}`, `database          ${database}`, `logs              ${logs}`,
    ...Object.values(accounts).map((a) => `account ${a.account.padEnd(9)} ${a.userpass.username} / ${a.userpass.password}`),
    ...Object.entries(rses).map(([name, rse]) => `${name.padEnd(17)} ${rse.davs}${rse.mount ? `  mounted at ${rse.mount}` : ''}`),
  ].join('\n');
}

async function main(): Promise<void> {
  const { values, positionals: [command] } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean' }, dir: { type: 'string' }, scale: { type: 'string' }, fresh: { type: 'boolean' }, help: { type: 'boolean' },
      pid: { type: 'string' }, started: { type: 'string' }, temporary: { type: 'boolean' }, // watch
    },
  });
  const print = (value: object, text: string): void => { process.stdout.write(`${values.json ? JSON.stringify(value) : text}\n`); };
  if (command === 'up') {
    const scale = values.scale === undefined ? undefined : Number(values.scale);
    if (scale !== undefined && (!Number.isInteger(scale) || scale < 1)) throw new LakeError(`--scale wants a number of files, not "${values.scale}".`);
    const info = await upLake({ dir: values.dir, scale, fresh: values.fresh });
    print(info, table(info));
  } else if (command === 'status') {
    const status = await lakeStatus(values.dir);
    print(status, `${status.dir}: ${status.state}${status.state === 'broken' ? ` (not running: ${status.missing.join(', ')})` : ''}${status.state === 'up' && status.info ? `\n${table(status.info)}` : ''}`);
    process.exitCode = status.state === 'up' ? 0 : 1;
  } else if (command === 'down') {
    await downLake(values.dir);
  } else if (command === 'watch') {
    await watch(values.dir ?? '', Number(values.pid), values.started, values.temporary === true);
  } else {
    process.stderr.write(`${USAGE}\n`);
    process.exitCode = values.help ? 0 : 1;
  }
}

/** What a lake bound to a process has beside it: ends the lake when that process is gone. */
async function watch(dir: string, pid: number, started: string | undefined, temporary: boolean): Promise<void> {
  while (startTime(pid) === started) await sleep(300);
  await downLake(dir);
  if (temporary && path.isAbsolute(dir) && lakeProcesses(dir).length === 0) fs.rmSync(dir, { recursive: true, force: true });
}

try {
  await main();
} catch (error) {
  if (error instanceof LakeError || error instanceof InstallError) process.stderr.write(`${error.message}\n`);
  else if ((error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS')) process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
  else console.error(error);
  process.exitCode = 1;
}
