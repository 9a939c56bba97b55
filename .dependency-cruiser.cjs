// The floors of the house (ARCHITECTURE.md): what each folder of src/ may import. Nothing imports upward.
'use strict';

/** Folder or file of src/ → what it may import besides itself. */
const FLOORS = {
  'main.ts': ['compiled.ts', 'extension.ts'],
  'compiled.ts': [],
  'extension.ts': ['ui/', 'client/'],
  'ui/': ['assistants/', 'client/', 'protocol.ts'],
  'cli/': ['assistants/', 'client/', 'protocol.ts'], // the terminal asks by the same contract as a window
  'assistants/': ['client/', 'protocol.ts'], // what both the window and the terminal offer to assistants
  'client/': ['protocol.ts'],
  'service/': ['compiled.ts', 'protocol.ts', 'lake/'],
  'lake/': ['rucio/', 'storage/'],
  'rucio/': [],
  'storage/': ['rucio/'], // the way to a server (proxy, authorities, deadlines) and its failures are the same
};
/** Types may come from here as well; nothing of them is left when the program runs. */
const TYPES_ONLY = { 'protocol.ts': ['lake/', 'rucio/'] };

const within = (name) => name.replace('.', '\\.');
const src = (names) => `^src/(${names.map(within).join('|')})`;
const VSCODE = ['^vscode$', '^vscode/', '^node_modules/vscode/', '^node_modules/@types/vscode/'];
const JSONRPC = ['^vscode-jsonrpc', '^node_modules/vscode-jsonrpc/'];

const floors = Object.entries(FLOORS).map(([name, below]) => ({
  name: `${name.replace('/', '')}-imports-downward`,
  comment: `src/${name} may import ${below.length > 0 ? below.map((b) => `src/${b}`).join(', ') : 'no other folder'}`,
  severity: 'error',
  from: { path: src([name]) },
  to: { path: '^src/', pathNot: src([name, ...below]) },
}));

const typesOnly = Object.entries(TYPES_ONLY).flatMap(([name, sources]) => [
  { name: `${name}-imports-types`, comment: `src/${name} may import types of src/${sources.join(', src/')}, and nothing else`, severity: 'error', from: { path: src([name]) }, to: { path: '^src/', pathNot: src([name, ...sources]) } },
  { name: `${name}-imports-types-only`, comment: `src/${name} may import types only`, severity: 'error', from: { path: src([name]) }, to: { path: src(sources), dependencyTypesNot: ['type-only'] } },
]);

module.exports = {
  forbidden: [
    ...floors,
    ...typesOnly,
    { name: 'every-file-has-a-floor', comment: 'src/ has the folders and files of ARCHITECTURE.md, and no others', severity: 'error', from: { path: '^src/', pathNot: src([...Object.keys(FLOORS), ...Object.keys(TYPES_ONLY)]) }, to: {} },
    { name: 'vscode-in-ui-only', comment: 'only main.ts, extension.ts and ui/ know VS Code', severity: 'error', from: { path: '^src/', pathNot: src(['main.ts', 'extension.ts', 'ui/']) }, to: { path: VSCODE } },
    { name: 'no-jsonrpc-below', comment: 'lake/, rucio/ and storage/ are called directly, by tests too', severity: 'error', from: { path: src(['lake/', 'rucio/', 'storage/']) }, to: { path: JSONRPC } },
    { name: 'webview-imports-messages', comment: 'a page knows the types of its messages, and other pages\' parts', severity: 'error', from: { path: '^webview/' }, to: { path: '^src/', pathNot: '^src/ui/.+/messages\\.ts$' } },
    { name: 'webview-imports-types-only', comment: 'messages are types', severity: 'error', from: { path: '^webview/' }, to: { path: '^src/', dependencyTypesNot: ['type-only'] } },
    { name: 'not-from-tests', comment: 'what is shipped knows nothing of tests and scripts', severity: 'error', from: { path: '^(src|webview)/' }, to: { path: '^(test|scripts)/' } },
    { name: 'not-from-outside', comment: 'src/ imports itself, npm packages and Node', severity: 'error', from: { path: '^src/' }, to: { path: '^webview/' } },
    { name: 'no-cycles', comment: 'files that need each other are one file', severity: 'error', from: { path: '^(src|webview)/' }, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true, // sees type imports too
    enhancedResolveOptions: { extensions: ['.ts', '.d.ts', '.js', '.json'], exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
