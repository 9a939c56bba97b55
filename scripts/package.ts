// npm run package: builds the extension and makes rucio-datalake-VERSION.vsix, and looks into it: it must hold what the
// manifest names, and nothing that was not meant; and the command line alone, rucio-datalake-cli-VERSION.tgz. With --quiet
// only the path of the VSIX is printed.
import { createVSIX } from '@vscode/vsce';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import zlib from 'node:zlib';
import { build } from '../esbuild.mjs';
import { root } from '../test/support/install.ts';
import { notices } from './notices.ts';
import { packageCli } from './packageCli.ts';

/** What a VSIX may hold: the store's two files, and below extension/ what .vscodeignore names. */
const MEANT = [
  /^\[Content_Types\]\.xml$/, /^extension\.vsixmanifest$/, /^extension\/(package\.json|LICENSE(\.txt)?|readme\.md|changelog\.md)$/i,
  /^extension\/dist\/(main|extension|service|cli|later-[\w-]+)\.cjs$/, /^extension\/dist\/THIRD_PARTY_NOTICES\.txt$/, /^extension\/dist\/webview\/[\w-]+\.(js|css)$/, /^extension\/media\/([\w-]+\.svg|icon\.png|walkthrough\/[\w-]+\.(md|svg|png))$/,
];
const STAGED = ['.vscodeignore', 'package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'dist', 'media'];
const NEEDED = ['dist/main.cjs', 'dist/extension.cjs', 'dist/service.cjs', 'dist/later-service.cjs', 'dist/cli.cjs', 'dist/THIRD_PARTY_NOTICES.txt'];

/** Builds everything and packs it; resolves with the VSIX's path. Rejects when it holds too much or too little. */
export async function packageVsix(): Promise<string> {
  await build();
  const { inputs } = JSON.parse(fs.readFileSync(path.join(root, 'dist', 'meta.json'), 'utf8')) as { inputs: object };
  fs.writeFileSync(path.join(root, 'dist', 'THIRD_PARTY_NOTICES.txt'), notices(root, Object.keys(inputs)));
  const manifest = fs.readFileSync(path.join(root, 'package.json'), 'utf8');
  const { name, version } = JSON.parse(manifest) as { name: string; version: string };
  const file = path.join(root, `${name}-${version}.vsix`);
  fs.rmSync(file, { force: true });
  // vsce walks through all of the folder before it looks at .vscodeignore, ours has 100 000 files in .tools and node_modules.
  const stage = fs.mkdtempSync(path.join(os.tmpdir(), 'vsix-'));
  try {
    for (const name of STAGED) if (fs.existsSync(path.join(root, name))) fs.cpSync(path.join(root, name), path.join(stage, name), { recursive: true });
    fs.writeFileSync(path.join(stage, 'README.md'), withoutPictures(fs.readFileSync(path.join(root, 'README.md'), 'utf8')));
    await silently(() => createVSIX({ cwd: stage, packagePath: file, dependencies: false, allowMissingRepository: true, rewriteRelativeLinks: false }));
  } finally {
    fs.rmSync(stage, { recursive: true, force: true });
  }
  const problems = wrongIn(entries(fs.readFileSync(file)).map((entry) => entry.name), manifest);
  if (problems.length > 0) throw new Error(`${path.basename(file)} is not as meant:\n${problems.map((p) => `  ${p}`).join('\n')}`);
  return file;
}

/** The editor shows no pictures by relative addresses: shipped, they would be 430 kB that nobody sees. They stay in the repository's README. */
export function withoutPictures(readme: string): string {
  return readme.split('\n\n').filter((block) => !block.includes('](media/screenshots/')).join('\n\n');
}

/** vsce lists through the console what is looked at below anyway. Its errors are thrown. */
export async function silently<T>(work: () => Promise<T>): Promise<T> {
  const { log } = console;
  console.log = () => undefined;
  try {
    return await work();
  } finally {
    console.log = log;
  }
}

/** @param manifest the text of package.json: every file it names ("media/…", "dist/…") must be there */
export function wrongIn(names: readonly string[], manifest: string): string[] {
  const named = [...manifest.matchAll(/"(?:\.\/)?((?:media|dist)\/[^"]+)"/g)].map(([, file = '']) => file);
  return [
    ...names.filter((name) => !MEANT.some((pattern) => pattern.test(name))).map((name) => `holds ${name}, which nobody meant to ship`),
    ...[...new Set([...NEEDED, ...named])].filter((file) => !names.includes(`extension/${file}`)).map((file) => `lacks ${file}`),
  ];
}

export interface ZipEntry { name: string; bytes: number; packed: number }

/** The table of contents of a zip archive (without zip64: a VSIX is small). */
export function entries(zip: Buffer): ZipEntry[] {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0) throw new Error('This is no zip archive.');
  const found: ZipEntry[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [nameLength, extraLength, commentLength] = [zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32)];
    found.push({ name: zip.toString('utf8', at + 46, at + 46 + nameLength), bytes: zip.readUInt32LE(at + 24), packed: zip.readUInt32LE(at + 20) });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return found;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const quiet = process.argv.includes('--quiet');
  try {
    const file = await packageVsix();
    const list = entries(fs.readFileSync(file)).sort((a, b) => b.packed - a.packed);
    if (!quiet) for (const { name, bytes, packed } of list) console.log(`${String(bytes).padStart(9)} ${String(packed).padStart(9)}  ${name}`);
    const extension = zlib.gzipSync(fs.readFileSync(path.join(root, 'dist', 'extension.cjs'))).length;
    if (!quiet) console.log(`bundle of the extension: ${fs.statSync(path.join(root, 'dist', 'extension.cjs')).size} bytes (${extension} gzipped)`);
    if (!quiet) {
      const tarball = await packageCli();
      console.log(`${tarball}  ${(fs.statSync(tarball).size / 1000).toFixed(0)} kB`);
    }
    console.log(quiet ? file : `${file}  ${(fs.statSync(file).size / 1000).toFixed(0)} kB`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
