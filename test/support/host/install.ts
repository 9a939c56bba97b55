// Installs what tests and the demo need to run a real VS Code without a desktop: code-server in the current and in the
// oldest supported version, each in a folder of its own under .tools, and Debian's Chromium.
//
// code-server's own postinstall compiles everything it ships and, in the old version, downloads; neither is needed.
// So scripts are off, and only the few native modules that have no prebuilt binary and are used are compiled.
import fs from 'node:fs';
import path from 'node:path';
import { InstallError, apt, installOnce, node22, node24, run, tools } from '../install.ts';

export type HostVersion = 'current' | 'oldest';

/** A code-server that can be started: `node entry …`. */
export interface HostInstall {
  version: HostVersion;
  /** The VS Code version it carries, for people. */
  vscode: string;
  node: string;
  entry: string;
  /** The flag that makes a built workbench obey the test keys in its address; older versions obey without one. */
  testFlags: readonly string[];
}

interface Recipe {
  codeServer: string;
  vscode: string;
  megabytes: number;
  node: string;
  testFlags: readonly string[];
  /** Native modules to compile: in lib/vscode, and those of code-server itself. */
  compile: { vscode: readonly string[]; top: readonly string[] };
  /** Dependencies of lib/vscode that have to be replaced because they ask for git. */
  replace: Readonly<Record<string, string>>;
}

const RECIPES: Readonly<Record<HostVersion, Recipe>> = {
  current: {
    codeServer: '4.139.1', vscode: '1.139.1', megabytes: 620, node: node24,
    testFlags: ['--vscode-option', 'enable-smoke-test-driver'],
    compile: { vscode: ['@vscode/spdlog', '@vscode/native-watchdog'], top: [] },
    replace: {},
  },
  oldest: {
    codeServer: '4.105.1', vscode: '1.105.1', megabytes: 340, node: node22,
    testFlags: [],
    compile: { vscode: ['@vscode/spdlog', 'native-watchdog', 'node-pty'], top: ['argon2'] },
    replace: { '@parcel/watcher': '2.5.1' },
  },
};

/** Bumped when the way of installing changes, so that folders made the old way are made again. */
const RECIPE_NUMBER = 2;

/** Installs one code-server, once; gives where it is. Rejects with `InstallError`. */
export async function installHost(version: HostVersion): Promise<HostInstall> {
  const recipe = RECIPES[version];
  const dir = path.join(tools, `host-${version}`);
  const host = path.join(dir, 'node_modules', 'code-server');
  const what = `code-server ${recipe.codeServer} (VS Code ${recipe.vscode}, the ${version} editor that tests and the demo run in; ${recipe.megabytes} MB)`;
  const stamp = path.join(dir, '.installed');
  const key = `${recipe.codeServer} recipe ${RECIPE_NUMBER}`;
  if (!fs.existsSync(stamp) || fs.readFileSync(stamp, 'utf8') !== key) {
    await needDisk(tools, 1.5);
    await apt({ 'g++': onPath('g++'), make: onPath('make'), python3: onPath('python3') }, 'compiling code-server\'s native modules');
  }
  await installOnce(dir, key, what, () => install(dir, host, recipe));
  return { version, vscode: recipe.vscode, node: recipe.node, entry: path.join(host, 'out', 'node', 'entry.js'), testFlags: recipe.testFlags };
}

async function install(dir: string, host: string, recipe: Recipe): Promise<void> {
  const prefix = path.resolve(path.dirname(recipe.node), '..');
  // node-gyp takes the headers that lie beside that node instead of downloading them.
  const env = { ...process.env, PATH: `${path.dirname(recipe.node)}:${process.env.PATH ?? ''}`, npm_config_nodedir: prefix, npm_config_update_notifier: 'false' };
  const npm = (cwd: string, ...args: string[]) => run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd, env });
  const dependencies = ['install', '--omit=dev', '--ignore-scripts'];

  fs.writeFileSync(path.join(dir, 'package.json'), '{"private":true}\n');
  await npm(dir, 'install', '--ignore-scripts', '--save-exact', `code-server@${recipe.codeServer}`);

  const vscode = path.join(host, 'lib', 'vscode');
  if (Object.keys(recipe.replace).length > 0) {
    const file = path.join(vscode, 'package.json');
    const manifest = JSON.parse(fs.readFileSync(file, 'utf8')) as { dependencies: Record<string, string> };
    Object.assign(manifest.dependencies, recipe.replace);
    fs.writeFileSync(file, JSON.stringify(manifest, null, 2));
    fs.rmSync(path.join(vscode, 'npm-shrinkwrap.json'), { force: true });
  }
  // One after the other: two npm at once fight for the two cores and the cache, and gain nothing.
  await npm(vscode, ...dependencies);
  await npm(path.join(vscode, 'extensions'), ...dependencies);
  await compile(vscode, recipe.compile.vscode);
  await compile(dir, recipe.compile.top);
  link('code-linux.sh', path.join(vscode, 'bin', 'remote-cli', 'code-server'));
  link('browser-linux.sh', path.join(vscode, 'bin', 'helpers', 'browser.sh'));
  await run(recipe.node, [path.join(host, 'out', 'node', 'entry.js'), '--config', path.join(dir, 'config.yaml'), '--version'], { env });

  async function compile(cwd: string, modules: readonly string[]): Promise<void> {
    if (modules.length === 0) return;
    // npm says nothing about a name that is not there, and the module would be missing only at run time.
    for (const module of modules) if (!fs.existsSync(path.join(cwd, 'node_modules', module))) throw new InstallError(`code-server has no module ${module} any more.`);
    await npm(cwd, 'rebuild', ...modules);
  }
}

function link(target: string, file: string): void {
  fs.rmSync(file, { force: true });
  fs.symlinkSync(target, file);
}

/** Installs Debian's Chromium with a font that looks like something in screenshots; gives its path. */
export async function installChromium(): Promise<string> {
  await apt({ chromium: onPath('chromium'), 'fonts-dejavu-core': fs.existsSync('/usr/share/fonts/truetype/dejavu') }, 'a browser for the tests and the demo\'s own run');
  const found = which('chromium');
  if (!found) throw new InstallError('Chromium was installed, but there is no program "chromium" on the PATH.');
  return found;
}

/** Refuses early, in one sentence, what would otherwise end half-way in npm's or apt's words. */
export async function needDisk(dir: string, gigabytes: number): Promise<void> {
  const { bavail, bsize } = await fs.promises.statfs(dir);
  const free = bavail * bsize / 1e9;
  if (free < gigabytes) throw new InstallError(`Not enough disk: ${dir} has ${free.toFixed(1)} GB free, ${gigabytes} GB are needed.`);
}

function which(program: string): string | undefined {
  return (process.env.PATH ?? '').split(':').map((dir) => path.join(dir, program)).find((file) => fs.existsSync(file));
}

function onPath(program: string): boolean {
  return which(program) !== undefined;
}
