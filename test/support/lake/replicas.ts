// Replicas that are made and spoiled behind the catalogue's back: the bytes of files at a storage, on its disk.
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { adler32 } from '../adler32.ts';
import { rest, token } from './client.ts';
import type { LakeInfo } from './info.ts';

type RSE = keyof LakeInfo['rses'];

/** The file of this name on the disk of an RSE. */
function fileAt(lake: LakeInfo, rse: RSE, name: string): string {
  const { folder } = lake.rses[rse];
  const found = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((file) => path.basename(file) === name);
  if (found === undefined) throw new Error(`${name} is not on the disk of ${rse}`);
  return path.join(folder, found);
}

/** Files of these bytes at an RSE, put there and registered. */
export async function putAt(lake: LakeInfo, rse: RSE, contents: readonly { readonly scope: string; readonly name: string; readonly bytes: Buffer }[]): Promise<void> {
  const asRoot = await token(lake, 'root');
  const files = [];
  for (const { scope, name, bytes } of contents) {
    const answer = await rest(lake, asRoot, 'GET', `/rses/${rse}/lfns2pfns?lfn=${encodeURIComponent(`${scope}:${name}`)}&scheme=davs`);
    const pfn = (JSON.parse(answer.text) as Record<string, string>)[`${scope}:${name}`];
    if (pfn === undefined) throw new Error(`no address of ${name} at ${rse}: ${answer.status} ${answer.text}`);
    const { pathname } = new URL(pfn.replace(/^davs/, 'https'));
    const root = new URL(lake.rses[rse].davs.replace(/^davs/, 'https')).pathname;
    const place = path.join(lake.rses[rse].folder, decodeURIComponent(pathname.slice(root.length)));
    fs.mkdirSync(path.dirname(place), { recursive: true });
    fs.writeFileSync(place, bytes);
    files.push({ scope, name, bytes: bytes.length, adler32: adler32(bytes), state: 'A' });
  }
  const added = await rest(lake, asRoot, 'POST', '/replicas', { rse, files });
  if (added.status !== 201) throw new Error(`the replicas at ${rse} are not registered: ${added.status} ${added.text}`);
}

/** The same files at another RSE; they have to be on the disk of one already. */
export async function copyTo(lake: LakeInfo, rse: RSE, dids: readonly { readonly scope: string; readonly name: string }[], from: RSE = 'XRD1_SCRATCHDISK'): Promise<void> {
  await putAt(lake, rse, dids.map(({ scope, name }) => ({ scope, name, bytes: fs.readFileSync(fileAt(lake, from, name)) })));
}

/** Other bytes, as many as before; gives the way to put them right again. */
export function spoil(lake: LakeInfo, rse: RSE, name: string): () => void {
  const at = fileAt(lake, rse, name);
  const good = fs.readFileSync(at);
  fs.writeFileSync(at, randomBytes(good.length));
  return () => fs.writeFileSync(at, good);
}
