// What tests in kernels attach: files with bytes, and attached DIDs with manifests as the service writes them.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { ManifestWriter } from '../../src/lake/attachments/manifest.ts';
import type { Attached, AttachedFile } from '../../src/lake/attachments/types.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'attached-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

export function file(name: string): AttachedFile {
  const at = path.join(folder, 'data', name);
  const content = `bytes of ${name}`;
  fs.mkdirSync(path.dirname(at), { recursive: true });
  fs.writeFileSync(at, content);
  return { did: `test:${name}`, path: at, pfn: `root://lake.test//rucio/${encodeURIComponent(name)}`, size: Buffer.byteLength(content), adler32: '01234567' };
}

/** `away`: files that the manifest names as missing. */
export interface Wanted extends Partial<Pick<Attached, 'did' | 'type' | 'state' | 'reason' | 'files' | 'missing'>> {
  readonly away?: readonly string[];
  /** Files that only the manifest has. */
  readonly more?: readonly AttachedFile[];
}

/** The variable data_test; a file of the same DID has the same manifest each time. */
export async function attached({ did = 'test:f1', type = 'file', state = 'here', reason = '', files = [], more = [], missing = 0, away = [] }: Wanted): Promise<Attached> {
  const writer = await ManifestWriter.open(path.join(folder, 'manifests'), ['lake', did]);
  await writer.add([...files, ...more, ...away.map((name) => ({ did: `test:${name}`, path: '', pfn: '', size: 1, adler32: '' }))]);
  const version = await writer.end({ did, type, state, missing, reason });
  const all = [...files, ...more];
  return { variableName: 'data_test', did, type, state, reason, missing, files, here: all.length, size: all.reduce((sum, { size }) => sum + size, 0), version, manifest: writer.file };
}

export const one = (): Promise<Attached> => attached({ files: [file('f1')] });
export const many = (): Promise<Attached> => attached({ did: 'test:ds', type: 'collection', files: [file('a'), file('b')] });
export const nothing = (): Promise<Attached> => attached({ state: 'notHere', reason: 'test:f1 is not at EULAKE-1 yet.', missing: 1 });
export const partly = (): Promise<Attached> => attached({ did: 'test:ds', type: 'collection', state: 'partly', reason: '1 of its 3 files is not at EULAKE-1 yet.', files: [file('a'), file('b')], missing: 1, away: ['c'] });
/** More than a cell has. */
export const plenty = (count: number): Promise<Attached> => attached({
  did: 'test:plenty', type: 'collection', files: [{ ...file('a'), path: '/nowhere/100% of 0' }], more: Array.from({ length: count - 1 }, (_, n) => ({ did: `test:f${n + 1}`, path: `/nowhere/100% of ${n + 1}`, pfn: `root://x//f${n + 1}`, size: 10, adler32: '' })),
});
