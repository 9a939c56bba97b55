// Installs what the lake is made of: Debian's packages, the Rucio server in a Python environment of its own, the OpenID
// provider from npm, a small library preloaded into XRootD, and the contents of the seed's files.
// Everything but Debian's packages goes to .tools/lake. Quick when all of it is there.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { apt, InstallError, installOnce, run, tools } from '../install.ts';
import { withLock } from './lock.ts';

export const RUCIO_VERSION = '41.5.1';
// uproot writes real ROOT TTrees; FITS needs no library (rucio/content.py writes it by the standard's rules)
const PYTHON_PACKAGES = [`rucio[postgresql]==${RUCIO_VERSION}`, 'gunicorn==27.0.1', 'uproot==5.7.7', 'numpy==2.4.6'];
const OIDC_PROVIDER = 'oidc-provider@9.13.3';
const here = import.meta.dirname;

/** Rucio's own client, of the server's version. */
export const rucioClient = path.join(tools, 'lake', 'server', 'bin', 'rucio');

/** Where the lake's parts are. */
export interface LakeInstall {
  /** The Python that has the Rucio server. */
  readonly python: string;
  /** Its site-packages folder. */
  readonly sitePackages: string;
  /** The folder with initdb and postgres. */
  readonly postgresBin: string;
  readonly xrootd: string;
  /** The folder whose node_modules holds oidc-provider. */
  readonly idpModules: string;
  /** Preloaded into XRootD: see xrootd-local.c. */
  readonly xrootdLocal: string;
  /** The contents of the seed's files, and content.json that lists them. */
  readonly content: string;
}

const isFile = (file: string): boolean => fs.existsSync(file);
const inFolders = (folders: readonly string[], name: string): boolean => folders.some((f) => isFile(path.join(f, name)));
const libraries = ['/usr/lib/x86_64-linux-gnu', '/usr/lib'];
const GFAL = '/usr/lib/python3/dist-packages/gfal2.cpython-311-x86_64-linux-gnu.so';
/** Debian's interpreter: gfal2 is built for it, and unlike one under a private home everybody may run it. */
const PYTHON = '/usr/bin/python3.11';

function postgresBin(): string | undefined {
  const base = '/usr/lib/postgresql';
  if (!isFile(base)) return undefined;
  return fs.readdirSync(base).sort((a, b) => Number(b) - Number(a)).map((v) => path.join(base, v, 'bin')).find((bin) => isFile(path.join(bin, 'initdb')) && isFile(path.join(bin, 'postgres')));
}

async function debianPackages(): Promise<void> {
  const pathFolders = (process.env['PATH'] ?? '').split(':').concat('/usr/bin', '/usr/sbin');
  const command = (name: string): boolean => inFolders(pathFolders, name);
  const gfalPlugin = (name: string): boolean => inFolders(libraries.map((l) => path.join(l, 'gfal2-plugins')), `libgfal_plugin_${name}.so`);
  const ensurepip = '/usr/lib/python3.11/ensurepip/__init__.py';
  const compiler = command('cc') && isFile('/usr/include/dlfcn.h');
  await apt({
    postgresql: postgresBin() !== undefined,
    'xrootd-server': command('xrootd'),
    'xrootd-client': command('xrdcp'),
    'xrootd-scitokens-plugins': inFolders(libraries, 'libXrdAccSciTokens-5.so'),
    'xrootd-server-plugins': inFolders(libraries, 'libXrdHttp-5.so'),
    libmagic1: inFolders(libraries, 'libmagic.so.1'),
    'python3.11': isFile(PYTHON),
    'python3.11-venv': isFile(ensurepip),
    'python3-gfal2': isFile(GFAL),
    'gfal2-plugin-http': gfalPlugin('http'),
    'gfal2-plugin-file': gfalPlugin('file'),
    'gfal2-plugin-xrootd': gfalPlugin('xrootd'),
    openssl: command('openssl'),
    gcc: compiler || isFile(path.join(tools, 'lake', 'xrootd-local', '.installed')),
    'libc6-dev': compiler || isFile(path.join(tools, 'lake', 'xrootd-local', '.installed')),
  }, 'the data lake');
  if (!isFile(PYTHON)) throw new InstallError(`The data lake needs Python 3.11 as ${PYTHON}, as Debian 12 has it.`);
}

/** What installOnce takes. */
interface Part { readonly dir: string; readonly key: string; readonly what: string; readonly work: (dir: string) => Promise<void> }

function isInstalled({ dir, key }: Part): boolean {
  const stamp = path.join(dir, '.installed');
  return isFile(stamp) && fs.readFileSync(stamp, 'utf8') === key;
}

/** Makes sure that everything the lake needs is installed, and says where it is. */
export async function installLake(): Promise<LakeInstall> {
  const base = path.join(tools, 'lake');
  const server = path.join(base, 'server'), idp = path.join(base, 'idp'), xrootdLocal = path.join(base, 'xrootd-local'), content = path.join(base, 'content');
  const python = path.join(server, 'bin', 'python');
  const preloaded = path.join(here, 'xrootd-local.c'), maker = path.join(here, 'rucio', 'content.py');
  const parts: Part[] = [
    {
      dir: server, key: PYTHON_PACKAGES.join(' '), what: `the Rucio server ${RUCIO_VERSION} (Python packages)`, work: async (dir) => {
        await run(PYTHON, ['-m', 'venv', dir]);
        await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--prefer-binary', ...PYTHON_PACKAGES]);
        // this one file only: all of Debian's Python packages on the path would shadow the environment's own
        fs.symlinkSync(GFAL, path.join(dir, 'lib', 'python3.11', 'site-packages', path.basename(GFAL)));
      },
    },
    {
      dir: idp, key: OIDC_PROVIDER, what: 'the OpenID provider (npm oidc-provider)', work: async (dir) => {
        fs.writeFileSync(path.join(dir, 'package.json'), '{"private":true}\n');
        await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--save-exact', '--loglevel=error', OIDC_PROVIDER], { cwd: dir });
      },
    },
    {
      dir: xrootdLocal, key: hashOf(preloaded), what: 'xrootd-local.so (keeps XRootD on 127.0.0.1)', work: async (dir) => {
        await run('cc', ['-shared', '-fPIC', '-O2', '-Wall', '-o', path.join(dir, 'xrootd-local.so'), preloaded, '-ldl']);
      },
    },
    {
      dir: content, key: hashOf(maker), what: 'the contents of the seed (ROOT, FITS and text files)', work: async (dir) => {
        await run(python, ['-B', maker, dir]);
      },
    },
  ];
  if (parts.some((part) => !isInstalled(part))) {
    fs.mkdirSync(base, { recursive: true });
    await withLock(path.join(base, 'lock'), 1800, async () => { // two commands at once in a fresh clone
      await debianPackages();
      for (const { dir, key, what, work } of parts) await installOnce(dir, key, what, work);
    });
  } else await debianPackages();
  const bin = postgresBin();
  if (bin === undefined) throw new InstallError('PostgreSQL is not in /usr/lib/postgresql, though its Debian package is installed.');
  return {
    python, sitePackages: path.join(server, 'lib', 'python3.11', 'site-packages'), postgresBin: bin, xrootd: '/usr/bin/xrootd',
    idpModules: idp, xrootdLocal: path.join(xrootdLocal, 'xrootd-local.so'), content,
  };
}

function hashOf(file: string): string {
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}
