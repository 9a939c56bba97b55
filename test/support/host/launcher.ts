// Stands in for the desktop's executable: takes the arguments that @vscode/test-electron passes, opens a window of a
// real code-server in a headless browser, lets its extension host run the tests, and exits with their result.
// usage: launcher.ts current|oldest [FOLDER] --extensionDevelopmentPath=D --extensionTestsPath=F [desktop flags…]
//
// exit codes: 0 passed · 1 failed · 70 could not start · 71 no result (time, crashed page, server gone) · 72 the
// extension host ended before the tests did · 130 stopped
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { format } from 'node:util';
import { InstallError } from '../install.ts';
import { type Browser, type Window, startBrowser, watch } from './browser.ts';
import type { HostVersion } from './install.ts';
import { guard } from './processes.ts';
import { type CodeServer, startCodeServer } from './server.ts';

const LIMIT_MS = Number(process.env.DATALAKE_HOST_LIMIT_MS ?? 300_000);
const VERBOSE = Boolean(process.env.DATALAKE_HOST_VERBOSE);
const KEPT_LINES = 60;
/** What editor and extension host say on every start. */
const CHATTER = /^(Ignoring fetching additional|Resolv(ing|ed) connection token|Creating a socket|\[reconnection-grace-time\]|\[Service Worker\]|\[AgentHost|\[AccountPolicyGate\]|\[lifecycle\]|File not found: .*vsda|🌐|\[[\d:]+\] $|\[\d{4}-.* info |\s+at .*workbench\.js)/u;

interface Arguments {
  version: HostVersion;
  folder?: string;
  development: string[];
  tests: string;
  userDataDir?: string;
  extensionsDir?: string;
}

function parse([version, ...rest]: readonly string[]): Arguments {
  if (version !== 'current' && version !== 'oldest') throw new InstallError(`The first argument names the editor: current or oldest, not ${version}.`);
  const values = (name: string) => rest.filter((arg) => arg.startsWith(`--${name}=`)).map((arg) => arg.slice(name.length + 3));
  const [tests] = values('extensionTestsPath');
  if (!tests) throw new InstallError('There is no --extensionTestsPath.');
  return {
    version, tests: path.resolve(tests), development: values('extensionDevelopmentPath'),
    folder: rest.find((arg) => !arg.startsWith('-')), userDataDir: values('user-data-dir')[0], extensionsDir: values('extensions-dir')[0],
  };
}

/** The address of a window that runs the tests: the workbench takes them as if they had been on its command line. */
function address(server: CodeServer, args: Arguments): string {
  const remote = (file: string) => `vscode-remote://127.0.0.1:${server.port}${path.resolve(file).split('/').map(encodeURIComponent).join('/')}`;
  const payload = [
    ...args.development.map((dir) => ['extensionDevelopmentPath', remote(dir)]),
    ['extensionTestsPath', remote(path.join(import.meta.dirname, 'shim.cjs'))],
    ['skipWelcome', 'true'],
  ];
  const query = new URLSearchParams(args.folder ? { folder: path.resolve(args.folder) } : { ew: 'true' });
  query.set('payload', JSON.stringify(payload));
  return `${server.url}/?${query}`;
}

/** Opens the window and waits for the exit code that the workbench reports, or for words about why there is none. */
async function runInWindow(window: Window, url: string, server: CodeServer, say: (line: string) => void): Promise<number | string> {
  const { page } = window;
  let resolve: (result: number | string) => void = () => undefined;
  const result = new Promise<number | string>((settle) => { resolve = settle; });
  await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => say(format(...args)));
  await page.exposeFunction('codeAutomationExit', (code: number) => resolve(code));
  page.on('crash', () => resolve('the page crashed'));
  page.on('close', () => resolve('the browser ended'));
  void server.ended.then(resolve);
  const timer = setTimeout(() => resolve(`no result after ${LIMIT_MS / 1000} s`), LIMIT_MS);
  try {
    await page.goto(url, { timeout: LIMIT_MS });
    return await result;
  } finally {
    clearTimeout(timer);
  }
}

async function main(stopped: Promise<void>): Promise<number> {
  const args = parse(process.argv.slice(2));
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'dlh-verdict-'));
  const guarded = guard([temporary]);
  const verdictFile = path.join(temporary, 'verdict');
  const lines: string[] = [];
  const say = (text: string) => {
    if (VERBOSE) console.log(text);
    lines.push(...text.split('\n').filter((line) => line.trim() && !CHATTER.test(line)));
    lines.splice(0, lines.length - KEPT_LINES);
  };
  const explain = (words: string) => console.error(`${words}\n--- the last words of editor and extension host ---\n${lines.join('\n')}\n---`);
  let server: CodeServer | undefined;
  let browser: Browser | undefined;
  try {
    server = await startCodeServer({
      version: args.version, userDataDir: args.userDataDir, extensionsDir: args.extensionsDir, testDriver: true, log: say,
      vsix: JSON.parse(process.env.DATALAKE_HOST_BESIDE ?? '[]') as string[],
      machineSettings: JSON.parse(process.env.DATALAKE_HOST_SETTINGS ?? '{}') as Record<string, unknown>,
      env: { ...JSON.parse(process.env.DATALAKE_HOST_ENV ?? '{}') as Record<string, string>, DATALAKE_HOST_TESTS: args.tests, DATALAKE_HOST_VERDICT: verdictFile },
    });
    browser = await startBrowser();
    const window: Window = { page: await (await browser.profile()).context.newPage(), errors: [], console: [], offsite: new Set() };
    watch(window);
    const result = await Promise.race([runInWindow(window, address(server, args), server, say), stopped.then(() => 'stopped' as const)]);
    const verdict = fs.existsSync(verdictFile) ? fs.readFileSync(verdictFile, 'utf8') : undefined;
    if (result === 'stopped') return 130;
    if (typeof result === 'string') {
      explain(result);
      return 71;
    }
    if (!verdict) {
      explain('The extension host died before the tests ended.');
      return 72;
    }
    if (result === 0 && verdict === 'passed') return 0;
    console.error(verdict); // the tests' own report says which and why
    return result || 1;
  } finally {
    await Promise.all([server?.stop(), browser?.close()]);
    await guarded.end();
  }
}

const stopped = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  // Whoever started us through a pipe and is gone wants no result any more.
  const stdin = fs.fstatSync(0);
  if (stdin.isFIFO() || stdin.isSocket()) process.stdin.on('end', resolve).resume();
});
main(stopped).then((code) => process.exit(code), (error: unknown) => {
  console.error(error instanceof InstallError ? error.message : error);
  process.exit(70);
});
