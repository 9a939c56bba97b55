// The command line alone, as an npm tarball: the same bundles as in the VSIX, without an editor. `npm install -g rucio-datalake-cli-VERSION.tgz`.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root, run } from '../test/support/install.ts';

/** Plain old JavaScript: whatever Node finds it can read it, and say what is wrong. */
const STARTER = `#!/usr/bin/env node
'use strict';
var found = process.versions.node.split('.').map(Number);
if (found[0] < 22 || (found[0] === 22 && found[1] < 13)) {
  process.stderr.write('datalake needs Node 22.13 or newer, and this is Node ' + process.versions.node + '. Install a newer one, or use the datalake of the terminals in VS Code, which has its own.\\n');
  process.exitCode = 1;
} else {
  require('./dist/cli.cjs');
}
`;

/** Of bundles that are built; resolves with the tarball's path. */
export async function packageCli(): Promise<string> {
  const { version, license } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string; license: string };
  const name = 'rucio-datalake-cli';
  const stage = fs.mkdtempSync(path.join(os.tmpdir(), 'cli-'));
  try {
    const manifest = { name, version, license, description: 'datalake: browse, upload, download and make available the data of a Rucio data lake.', bin: { datalake: 'datalake.cjs' }, engines: { node: '>=22.13' }, files: ['datalake.cjs', 'dist'] };
    fs.writeFileSync(path.join(stage, 'package.json'), JSON.stringify(manifest, undefined, 2));
    fs.writeFileSync(path.join(stage, 'datalake.cjs'), STARTER, { mode: 0o755 });
    fs.mkdirSync(path.join(stage, 'dist'));
    const later = fs.globSync('later-*.cjs', { cwd: path.join(root, 'dist') });
    for (const file of ['cli.cjs', 'service.cjs', ...later, 'THIRD_PARTY_NOTICES.txt']) fs.copyFileSync(path.join(root, 'dist', file), path.join(stage, 'dist', file));
    fs.copyFileSync(path.join(root, 'LICENSE'), path.join(stage, 'LICENSE'));
    await run('npm', ['pack', '--silent', '--pack-destination', root], { cwd: stage });
    return path.join(root, `${name}-${version}.tgz`);
  } finally {
    fs.rmSync(stage, { recursive: true, force: true });
  }
}
