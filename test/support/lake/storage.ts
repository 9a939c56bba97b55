// A storage of the lake that goes away and comes back: one of the XRootD servers, ended and started again as it was.
import { setTimeout as sleep } from 'node:timers/promises';
import type { LakeInfo } from './info.ts';
import { installLake } from './install.ts';
import { answersAt, startXrootd } from './lake.ts';
import { endProcesses, lakeProcesses, startProcess } from './processes.ts';
import { readPorts } from './folder.ts';
import type { Site } from './sites.ts';

const roleOf = (site: Site): string => `xrootd-${site}`;

/** From then on nothing listens at its address; its data stays, and so does its folder as a user sees it. */
export async function stopStorage(lake: LakeInfo, site: Site): Promise<void> {
  const others = lakeProcesses(lake.dir).map(({ role }) => role).filter((role) => role !== roleOf(site));
  await endProcesses(lake.dir, others);
}

/** Resolves when it listens again; nothing when it runs. */
export async function startStorage(lake: LakeInfo, site: Site): Promise<void> {
  if (lakeProcesses(lake.dir).some(({ role }) => role === roleOf(site))) return;
  const port = readPorts(lake.dir)[site];
  if (port === undefined) throw new Error(`the lake in ${lake.dir} has no port for ${site}`);
  startXrootd(lake.dir, await installLake(), site, (role, command, args, more) => startProcess(lake.dir, role, command, args, more));
  for (let n = 0; !(await answersAt(port)); n++) {
    if (n > 200) throw new Error(`the storage ${site} does not listen after 20 s`);
    await sleep(100);
  }
}
