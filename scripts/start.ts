// npm start: a data lake and VS Code in the browser, to try the extension. Prints one address; Ctrl-C ends all of it.
// npm start -- --smoke does the main job by itself and says what it saw. Other options: --port N; --dir D keeps lake and
// demo in D instead of .lake and .demo, so that two can run side by side.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { InstallError, root } from '../test/support/install.ts';
import { instanceOf } from '../test/support/instance.ts';
import { startBrowser } from '../test/support/host/browser.ts';
import { installChromium, installHost, needDisk } from '../test/support/host/install.ts';
import { mainJob } from '../test/support/host/journey.ts';
import { type CodeServer, startCodeServer } from '../test/support/host/server.ts';
import { openWorkbench } from '../test/support/host/workbench.ts';
import { LakeError } from '../test/support/lake/error.ts';
import type { LakeInfo } from '../test/support/lake/info.ts';
import { installLake } from '../test/support/lake/install.ts';
import { downLake, lakeStatus, upLake } from '../test/support/lake/lake.ts';
import { temporaryFolder } from '../test/support/lake/shared.ts';
import { packageVsix } from './package.ts';
import { stopped } from './stopped.ts';

const DEFAULT_PORT = 8477;
/** Everything installed, and a lake with its data. */
const NEEDED_GB = 4;

interface Demo {
  lake: LakeInfo;
  server: CodeServer;
  workspace: string;
}

/** Puts up both, in folders that are kept or in temporary ones. What is started is put on `ends`, last first to be ended. */
async function putUp(folders: { lake: string | undefined; demo: string }, port: number | undefined, ends: (() => Promise<void>)[], temporary: boolean): Promise<Demo> {
  const wasUp = (await lakeStatus(folders.lake)).state === 'up';
  if (!wasUp) ends.unshift(() => downLake(folders.lake)); // before the start, so that a stop in the middle of it ends it
  const lake = await upLake({ dir: folders.lake, boundTo: process.pid, temporary });
  const vsix = await packageVsix();
  const workspace = path.join(folders.demo, 'workspace');
  // What the user has changed stays.
  fs.cpSync(path.join(root, 'demo', 'workspace'), workspace, { recursive: true, force: false });
  const home = path.join(folders.demo, 'home');
  fs.mkdirSync(home, { recursive: true });
  const start = (at: number) => startCodeServer({
    version: 'current', port: at, vsix, userDataDir: path.join(folders.demo, 'data'), extensionsDir: path.join(folders.demo, 'extensions'),
    machineSettings: { 'rucio.instances': [instanceOf(lake, { display_name: 'Demo Lake' })] }, env: { HOME: home },
  });
  // The same address every time, as the browser keeps secrets by it; another one only if nobody asked for this one.
  const server = await start(port ?? DEFAULT_PORT).catch((error: unknown) => {
    if (port === undefined && error instanceof InstallError && error.message.includes('is taken')) return start(0);
    throw error;
  });
  ends.unshift(() => server.stop());
  return { lake, server, workspace };
}

function welcome({ lake, server, workspace }: Demo): string {
  const { username, password } = lake.accounts.alice.userpass;
  return `
A Rucio data lake and VS Code are running.

  Open        ${server.folderUrl(workspace)}
  then click  the Rucio icon in the bar at the left edge, and Sign In: User and password, ${username} / ${password}
  and try     F1, "Rucio: Search DIDs…", ${lake.seed.dids.demo}; right-click it in Explore: Make Available…

Ctrl-C ends all of it. The lake's data stays in ${path.relative(root, lake.dir) || lake.dir}, yours in ${path.relative(root, path.dirname(workspace))}.
`;
}

/** The main job without a person. Prints what it saw, the path last. */
async function smoke({ lake, server, workspace }: Demo, ends: (() => Promise<void>)[]): Promise<void> {
  const browser = await startBrowser();
  ends.unshift(() => browser.close());
  const workbench = await openWorkbench(await browser.profile(), server.folderUrl(workspace));
  const { did, file, catalogue, paths } = await mainJob(workbench, lake, lake.seed.dids.demo, (step) => console.log(`· ${step}`));
  await workbench.screenshot('smoke');
  console.log(`· ${did} has ${paths.length} path${paths.length === 1 ? '' : 's'} here`);
  console.log(`· ${file.did}: ${file.bytes} bytes, adler32 ${file.adler32}; the catalogue says ${catalogue.bytes} bytes, adler32 ${catalogue.adler32}`);
  if (file.bytes !== catalogue.bytes || file.adler32 !== catalogue.adler32) throw new Error(`${file.path} is not what the catalogue has.`);
  if (workbench.window.offsite.size > 0) throw new Error(`The window wanted something of ${[...workbench.window.offsite].join(', ')}.`);
  console.log(file.path);
}

async function main(stop: Promise<string>, ends: (() => Promise<void>)[]): Promise<void> {
  const { values } = parseArgs({ options: { smoke: { type: 'boolean', default: false }, port: { type: 'string' }, dir: { type: 'string' } } });
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) throw new InstallError(`--port wants a number between 1 and 65535, not "${values.port}".`);
  if (!fs.existsSync(path.join(root, '.tools', 'host-current', '.installed'))) await needDisk(root, NEEDED_GB);
  await installLake();
  await installHost('current');
  if (values.smoke) {
    await installChromium();
    // Its own lake: the DID must not be here yet, and what a person has in the demo's lake is none of its business.
    const demo = fs.mkdtempSync(path.join(os.tmpdir(), 'demo-'));
    ends.push(() => fs.promises.rm(demo, { recursive: true, force: true }));
    const lake = temporaryFolder();
    ends.unshift(() => fs.promises.rm(lake, { recursive: true, force: true }));
    const job = async () => smoke(await putUp({ lake, demo }, port ?? 0, ends, true), ends);
    return await Promise.race([job(), stop.then((why) => { throw new InstallError(why); })]);
  }
  const up = putUp(values.dir === undefined ? { lake: undefined, demo: path.join(root, '.demo') } : { lake: path.resolve(values.dir, 'lake'), demo: path.resolve(values.dir, 'demo') }, port, ends, false);
  up.catch(() => undefined); // when stopped in the middle, nobody waits for it
  const demo = await Promise.race([up, stop.then(() => undefined)]);
  if (!demo) return;
  console.log(welcome(demo));
  const why = await Promise.race([stop, demo.server.ended]);
  if (!why.startsWith('Stopped')) throw new InstallError(why);
}

const ends: (() => Promise<void>)[] = [];
try {
  const stop = stopped();
  await main(new Promise((resolve) => stop.addEventListener('abort', () => resolve((stop.reason as Error).message))), ends);
} catch (error) {
  process.exitCode = 1;
  console.error(error instanceof InstallError || error instanceof LakeError ? error.message : error);
} finally {
  if (ends.length > 0 && !process.argv.includes('--smoke')) process.stderr.write('ending …\n'); // a smoke's last line is the path
  // An end that fails must not keep the others from being done.
  for (const end of ends) await end().catch((error: unknown) => { process.exitCode = 1; console.error(error); });
}
process.exit();
