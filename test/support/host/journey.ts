// The main job as a person does it in the window: sign in, find a DID that is not here, make it available, take its
// path, read the bytes. `npm start -- --smoke` and the browser tests take the same steps.
import fs from 'node:fs';
import path from 'node:path';
import { adler32 } from '../adler32.ts';
import { rest, rows, standin, token } from '../lake/client.ts';
import type { LakeInfo } from '../lake/info.ts';
import type { CodeServer } from './server.ts';
import type { Tree } from './tree.ts';
import type { Workbench } from './workbench.ts';

/** What the extension calls its things; one place for all journeys. */
export const UI = { container: 'Rucio', explore: 'Explore', signIn: 'Rucio: Sign In…', search: 'Rucio: Search DIDs…', makeAvailable: 'Make Available…', copyPath: 'Copy Path', open: 'Open', showRule: 'Rucio: Show Rule', revealInExplore: 'Rucio: Reveal in Explore', myScopes: 'My Scopes', allScopes: 'All Scopes' } as const;

/** A transfer between two real storages, on a busy machine. */
const TRANSFER_MS = 120_000;

export interface Sighting {
  did: string;
  /** The paths that the window gave. */
  paths: readonly string[];
  /** One of them, read. */
  file: { path: string; did: string; bytes: number; adler32: string };
  /** What the catalogue says of that file. */
  catalogue: { bytes: number; adler32: string };
}

export function explore(workbench: Workbench): Tree {
  return workbench.tree(UI.explore);
}

/** Opens *Explore*; the instance's node is there afterwards. */
export async function openExplore(workbench: Workbench): Promise<Tree> {
  await workbench.openContainer(UI.container);
  const tree = explore(workbench);
  await workbench.until('Explore shows something', async () => (await tree.rows()).length > 0);
  return tree;
}

/** Signs in with user and password, and waits until the window says so. */
export async function signIn(workbench: Workbench, lake: LakeInfo, account: 'alice' | 'bob' | 'root'): Promise<void> {
  const { username, password } = lake.accounts[account].userpass;
  await workbench.runCommand(UI.signIn);
  await workbench.pick('User and password');
  await workbench.enterAt('User name', username);
  await workbench.enterAt('Password', password);
  await workbench.until(`the window says that ${account} is signed in`, async () =>
    (await workbench.statusBar()).some((item) => item.includes(`Signed in`)) || (await explore(workbench).rows()).some((row) => row.includes(account)));
}

/** *Show Rule* of the DID, from the palette. */
export async function showRule(workbench: Workbench, did: string): Promise<void> {
  await workbench.until(`the rule of ${did} is taken`, async () => {
    await workbench.runCommand(UI.showRule);
    return await workbench.tryPick(did, `${did} `);
  });
}

/** Types a search and takes the DID: it is revealed and selected in *Explore*. Gives its label there. */
export async function find(workbench: Workbench, text: string, did: string): Promise<string> {
  await workbench.runCommand(UI.search);
  await workbench.type(text);
  await workbench.pick(did);
  const label = did.slice(did.indexOf(':') + 1);
  await explore(workbench).find(label);
  return label;
}

/** Waits until the row's state, as a screen reader says it, has this in it. */
export async function waitForState(workbench: Workbench, label: string, state: RegExp, timeoutMs?: number): Promise<string> {
  const tree = explore(workbench);
  let spoken = '';
  await workbench.until(`"${label}" is ${state.source}`, async () => state.test(spoken = await tree.spoken(label)), timeoutMs);
  return spoken;
}

/** *Make Available…* on a row of *Explore*, confirmed; resolves when the window says that it is available. `meanwhile` runs once it is ordered. */
export async function makeAvailable(workbench: Workbench, label: string, meanwhile?: () => Promise<void>): Promise<string> {
  await explore(workbench).contextMenu(label, UI.makeAvailable);
  await workbench.until('the preview has its numbers', async () => (await workbench.offered()).some((row) => !row.includes('Looking up')));
  await workbench.page.keyboard.press('Enter');
  await meanwhile?.();
  return await workbench.notification('is available', TRANSFER_MS);
}

/** Takes the paths that *Copy Path* of the notification puts into the clipboard. */
export async function copyPaths(workbench: Workbench): Promise<string[]> {
  await workbench.page.evaluate("navigator.clipboard.writeText('')");
  await workbench.answerNotification('is available', UI.copyPath);
  let text = '';
  await workbench.until('the clipboard has a path', async () => (text = await workbench.clipboard()) !== '');
  return text.split('\n');
}

/**
 * The whole way. The DID must be a collection or file that is not at the mounted RSE.
 * @param say gets each step as it is done
 */
export async function mainJob(workbench: Workbench, lake: LakeInfo, did: string, say: (step: string) => void): Promise<Sighting> {
  await openExplore(workbench);
  await signIn(workbench, lake, 'alice');
  say('signed in as alice');
  const label = await find(workbench, `${did.slice(0, -2)}*`, did);
  say(`found ${did}: ${await waitForState(workbench, label, /not available/i)}`);
  const files = await filesOf(lake, did);
  const last = files.at(-1)?.name ?? did;
  // One file is held back by the stand-in for FTS, so that it is seen under way, however quick the machine is.
  await standin.hold(lake, last);
  try {
    say(await makeAvailable(workbench, label, async () => {
      say(await waitForState(workbench, label, /, replicating/i));
      await standin.release(lake, last);
    }));
  } finally {
    await standin.release(lake, last);
  }
  say(await waitForState(workbench, label, /, available\b/i));
  const paths = await copyPaths(workbench);
  const [path = ''] = paths;
  const file = fileAt(files, path);
  await explore(workbench).expand(label);
  await explore(workbench).contextMenu(file.name, UI.open);
  await workbench.until(`the editor shows ${file.name}`, async () => (await workbench.tabs()).some((tab) => tab.includes(file.name)));
  say(`opened ${file.name} by its path`);
  const bytes = fs.readFileSync(path);
  return { did, paths, file: { path, did: file.did, bytes: bytes.length, adler32: adler32(bytes) }, catalogue: file };
}

/** The lake service of this server's windows: its process and its state folder; undefined while none runs. */
export function serviceAddress({ userDataDir }: Pick<CodeServer, 'userDataDir'>): { readonly pid: number; readonly state: string } | undefined {
  const base = path.join(userDataDir, 'state', 'rucio-datalake');
  const [host] = fs.existsSync(base) ? fs.readdirSync(base) : [];
  if (host === undefined) return undefined;
  const state = path.join(base, host);
  const file = path.join(state, 'address');
  return fs.existsSync(file) ? { pid: (JSON.parse(fs.readFileSync(file, 'utf8')) as { pid: number }).pid, state } : undefined;
}

interface CatalogueFile { did: string; name: string; bytes: number; adler32: string }

/** What the catalogue says of a DID's files. */
async function filesOf(lake: LakeInfo, did: string): Promise<CatalogueFile[]> {
  const reply = await rest(lake, await token(lake, 'alice'), 'GET', `/dids/${did.split(':').map(encodeURIComponent).join('/')}/files`);
  return rows<{ scope: string; name: string; bytes: number; adler32: string }>(reply).map((file) => ({ ...file, did: `${file.scope}:${file.name}` }));
}

/** The one that has this path: its name is the path's last part. */
function fileAt(files: readonly CatalogueFile[], path: string): CatalogueFile {
  const found = files.find(({ name }) => path.endsWith(`/${name}`));
  if (!found) throw new Error(`${path} is no file that the catalogue knows of this DID.`);
  return found;
}
