// Builds what is shipped (dist/: the extension, the service, the command line, each webview page) and what host tests
// run from (dist-test/). Everything is bundled: a VSIX has no node_modules.
// usage: node esbuild.mjs [--watch]
import * as esbuild from 'esbuild';
import fs from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import path from 'node:path';

const root = import.meta.dirname;
const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
// The oldest supported editor runs Node 22; the browser is the one that editor carries or needs.
const NODE = 'node22';
const BROWSER = 'es2022';
const BUNDLES = { main: 'src/main.ts', extension: 'src/extension.ts', service: 'src/service/main.ts', cli: 'src/cli/main.ts', 'later-service': 'src/service/whole.ts' };

/** @returns {esbuild.BuildOptions} */
const common = { absWorkingDir: root, bundle: true, minify: true, sourcemap: 'linked', legalComments: 'none', metafile: true, logLevel: 'warning', define: { 'process.env.NODE_ENV': '"production"', RUCIO_DATALAKE_VERSION: JSON.stringify(version) } };

/**
 * What is not bundled (vscode, node:*) is taken in once for each bundle. esbuild writes `__toESM(require(…))` for every file
 * that imports it, which copies all names of that module: with 90 files that import vscode half of the activation was that.
 * @type {esbuild.Plugin}
 */
const once = {
  name: 'once',
  setup(b) {
    const outside = (/** @type {string} */ name) => name === 'vscode' || isBuiltin(name);
    b.onResolve({ filter: /^(node:|[a-z])/ }, ({ path: name, kind, namespace }) => {
      if (!outside(name)) return undefined;
      return kind === 'import-statement' && namespace !== 'once' ? { path: name, namespace: 'once' } : { path: name, external: true };
    });
    // Of Node's modules the names are known, and nothing has to be copied.
    b.onLoad({ filter: /.*/, namespace: 'once' }, ({ path: name }) => ({
      contents: name === 'vscode' ? `export * from '${name}';` : `const whole = require('${name}'); export default whole; export { ${Object.keys(createRequire(import.meta.url)(name)).join(', ')} } from '${name}';`,
    }));
  },
};

/** Libraries that are loaded by the first use (`import()`), each a file of its own beside the bundles: a third of the service's start would be theirs. */
const LATER = ['openid-client', 'sshpk', 'tldts'];
const later = (/** @type {string} */ name) => `later-${name}`;

/** @type {esbuild.Plugin} */
const byFirstUse = {
  name: 'by-first-use',
  setup(b) {
    b.onResolve({ filter: new RegExp(`^(${LATER.join('|')})$`) }, ({ path: name, kind }) => {
      if (kind === 'dynamic-import') return { path: `./${later(name)}.cjs`, external: true };
      return kind === 'entry-point' ? undefined : { errors: [{ text: `${name} is to be loaded by import(), when it is needed.` }] };
    });
    // Files and forms of node-fetch, which sends texts here: loaded at every start, with all of Node's streams of the web.
    b.onResolve({ filter: /^(fetch-blob|formdata-polyfill)\b/ }, () => ({ path: 'forms', namespace: 'none' }));
    b.onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: 'class None {} export { None as default, None as Blob, None as File, None as FormData }; export const [formDataToBlob, fileFromSync, fileFrom, blobFromSync, blobFrom] = [];' }));
  },
};

/** @returns {esbuild.BuildOptions[]} */
function shipped() {
  const pages = fs.globSync('webview/*/main.ts', { cwd: root });
  if (pages.length === 0) throw new Error('There is no webview page: webview/*/main.ts is empty.');
  return [
    {
      ...common, entryPoints: { ...BUNDLES, ...Object.fromEntries(LATER.map((name) => [later(name), name])) }, outdir: 'dist', outExtension: { '.js': '.cjs' }, platform: 'node', format: 'cjs', target: NODE,
      plugins: [once, byFirstUse], supported: { 'dynamic-import': false }, // require(), as VS Code's hosts know it
    },
    {
      ...common, entryPoints: Object.fromEntries(pages.map((page) => [path.basename(path.dirname(page)), page])), outdir: 'dist/webview',
      platform: 'browser', format: 'esm', target: BROWSER, loader: { '.svg': 'dataurl', '.ttf': 'dataurl', '.woff2': 'dataurl' },
    },
  ];
}

/** Builds dist/ anew; resolves with the bytes of each file. The metafile (what makes a bundle big) is dist/meta.json. */
export async function build() {
  const options = shipped();
  const results = await Promise.all(options.map((o) => esbuild.build(o)));
  const outputs = Object.assign({}, ...results.map((r) => r.metafile.outputs));
  fs.writeFileSync(path.join(root, 'dist', 'meta.json'), JSON.stringify({ inputs: Object.assign({}, ...results.map((r) => r.metafile.inputs)), outputs }));
  // Files of a page that is no more. Not emptied beforehand: somebody may be running what is there.
  for (const file of fs.globSync('dist/**/*', { cwd: root })) {
    if (!(file in outputs) && file !== 'dist/meta.json' && fs.statSync(path.join(root, file)).isFile()) fs.rmSync(path.join(root, file));
  }
  return Object.fromEntries(Object.entries(outputs).filter(([file]) => !file.endsWith('.map')).map(([file, { bytes }]) => [path.relative('dist', file), bytes]));
}

/** A bundle is not where its sources were: tests that look for files beside them are told the old place. */
const whereItWas = {
  name: 'where-it-was',
  /** @param {esbuild.PluginBuild} b */
  setup(b) {
    b.onLoad({ filter: /\/test\/.*\.ts$/ }, async ({ path: file }) => ({
      loader: 'ts',
      contents: (await fs.promises.readFile(file, 'utf8'))
        .replaceAll('import.meta.dirname', JSON.stringify(path.dirname(file)))
        .replaceAll('import.meta.filename', JSON.stringify(file)),
    }));
  },
};

/** Builds the tests that run inside the extension host; resolves with the suite's module and the test files. */
/** @param {string} [pattern] Below the project; the folder's name becomes that of the output. */
export async function buildHostTests(pattern = 'test/host/*.test.ts') {
  const out = path.join(root, 'dist-test', path.basename(path.dirname(pattern)));
  const tests = fs.globSync(pattern, { cwd: root }).sort();
  const target = (/** @type {string} */ file) => path.join(out, `${path.basename(file, '.ts')}.cjs`);
  fs.rmSync(out, { recursive: true, force: true });
  await esbuild.build({
    absWorkingDir: root, bundle: true, sourcemap: 'inline', logLevel: 'warning', plugins: [whereItWas],
    entryPoints: [...tests, 'test/support/host/suite.ts'].map((file) => ({ in: file, out: path.basename(file, '.ts') })),
    outdir: out, outExtension: { '.js': '.cjs' }, platform: 'node', format: 'cjs', target: NODE, packages: 'external',
  });
  return { suite: target('suite.ts'), files: tests.map(target) };
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv.includes('--watch')) {
    for (const options of shipped()) await (await esbuild.context({ ...options, minify: false, logLevel: 'info' })).watch();
  } else {
    for (const [file, bytes] of Object.entries(await build())) console.log(`${String(bytes).padStart(9)}  dist/${file}`);
  }
}
