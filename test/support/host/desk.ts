// Where a journey begins: a code-server with the packaged extension, configured for the tests' lake, and a browser window
// on an empty folder of its own.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { packageVsix } from '../../../scripts/package.ts';
import { type InstanceSetting, instanceOf } from '../instance.ts';
import type { LakeInfo } from '../lake/info.ts';
import { sharedLake } from '../lake/shared.ts';
import { type Browser, type Profile, startBrowser } from './browser.ts';
import type { HostVersion } from './install.ts';
import { guard } from './processes.ts';
import { type CodeServer, startCodeServer } from './server.ts';
import { type Workbench, openWorkbench } from './workbench.ts';

export interface DeskOptions {
  version?: HostVersion;
  /** The setting rucio.instances, made of the lake; the lake's own instance when not given. */
  instances?: (lake: LakeInfo) => readonly (InstanceSetting | Readonly<Record<string, unknown>>)[];
  /** User settings. */
  settings?: Readonly<Record<string, unknown>>;
  /** Environment of the server, as a pod would have it. */
  env?: Readonly<Record<string, string>>;
  /** Other extensions beside ours: VSIX files. */
  beside?: readonly string[];
  /** Files of the folder, by name. */
  files?: Readonly<Record<string, string>>;
}

export interface Desk {
  lake: LakeInfo;
  server: CodeServer;
  browser: Browser;
  /** The profile of `workbench`; secrets are kept in it. */
  profile: Profile;
  workbench: Workbench;
  folder: string;
  /** Another window on the same folder, in the same profile. */
  secondWindow(): Promise<Workbench>;
  close(): Promise<void>;
}

export async function openDesk(options: DeskOptions = {}): Promise<Desk> {
  const lake = await sharedLake();
  // The suite packs it once for all; a test that is run by itself packs what is there now.
  const vsix = process.env.DATALAKE_VSIX ?? await packageVsix();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'desk-'));
  for (const [name, text] of Object.entries(options.files ?? {})) fs.writeFileSync(path.join(folder, name), text);
  const guarded = guard([folder]); // the folder goes even if the test is killed
  const ends: (() => Promise<unknown>)[] = [() => guarded.end()];
  const close = async () => { for (const end of ends.splice(0)) await end(); };
  try {
    const server = await startCodeServer({
      version: options.version ?? 'current', vsix: [vsix, ...options.beside ?? []], settings: options.settings ?? {}, env: options.env ?? {},
      machineSettings: { 'rucio.instances': options.instances?.(lake) ?? [instanceOf(lake)] },
    });
    ends.unshift(() => server.stop());
    const browser = await startBrowser();
    ends.unshift(() => browser.close());
    const profile = await browser.profile();
    const open = () => openWorkbench(profile, server.folderUrl(folder));
    return { lake, server, browser, profile, workbench: await open(), folder, secondWindow: open, close };
  } catch (error) {
    await close();
    throw error;
  }
}
