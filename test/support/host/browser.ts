// Debian's Chromium, driven by Playwright, as the window of a person who uses code-server. No request leaves the
// machine: every name but those of this machine is unknown to it. What pages complain about is kept for the test.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type BrowserContext, type Page, chromium } from 'playwright-core';
import { root } from '../install.ts';
import { installChromium } from './install.ts';
import { guard } from './processes.ts';

/** Where screenshots and page logs go; not in git. */
export const results = path.join(root, 'test-results');

const FLAGS = [
  '--no-sandbox', // we are often root
  '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE lake.test',
];
const HERE = new Set(['127.0.0.1', 'localhost', 'lake.test']);
/** Written by VS Code itself on every start, and harmless: parts of Microsoft's build that code-server does not have. */
const HARMLESS = [/vsda/, /Failed to load resource.*40[14]/, /net::ERR_NAME_NOT_RESOLVED/, /extensions gallery/i, /Unable to fetch/, /\[AgentHost/, /Timed out waiting for authentication provider 'github'/, /Aborted onWillSaveTextDocument-event/];

export interface Browser {
  /** A profile of its own: what is stored in it (VS Code keeps secrets there) is shared by its pages, and gone with it. */
  profile(): Promise<Profile>;
  close(): Promise<void>;
}

export interface Profile {
  context: BrowserContext;
  open(url: string): Promise<Window>;
  close(): Promise<void>;
}

/** One page and what it complained about. */
export interface Window {
  page: Page;
  /** Errors of the console and uncaught ones, less what VS Code always writes. */
  errors: string[];
  /** Everything the console said. */
  console: string[];
  /** Hosts outside this machine that the page wanted something of. */
  offsite: Set<string>;
}

/** Starts the browser; it ends with `close`, or with this process. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = await installChromium();
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'dlh-browser-')); // Chromium leaves its own behind
  const guarded = guard([temporary]);
  const browser = await inFolder(temporary, () => chromium.launch({
    executablePath, headless: true, args: FLAGS,
    env: { ...process.env, ...guarded.env } as Record<string, string>,
    // Signals are the caller's business: Playwright's own handlers would exit before the caller has cleaned up.
    handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false,
  }));
  return {
    async profile() {
      // The lake's certificates are its own authority's, unknown to the browser.
      const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ignoreHTTPSErrors: true });
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      return { context, open: (url) => open(context, url), close: () => context.close() };
    },
    async close() {
      await browser.close();
      await guarded.end();
    },
  };
}

/** Makes a folder the temporary one while the browser is started: what it and Playwright put there goes with the folder. */
async function inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

async function open(context: BrowserContext, url: string): Promise<Window> {
  const page = await context.newPage();
  const window: Window = { page, errors: [], console: [], offsite: new Set() };
  watch(window);
  await page.goto(url, { timeout: 120_000 }); // a busy machine
  return window;
}

/** Starts keeping what the page says. To be called before the page goes anywhere. */
export function watch(window: Window): void {
  const { page, errors } = window;
  const complain = (text: string) => { if (!HARMLESS.some((known) => known.test(text))) errors.push(text); };
  page.on('console', (message) => {
    window.console.push(`[${message.type()}] ${message.text()}`);
    if (message.type() === 'error') complain(message.text());
  });
  page.on('pageerror', (error) => complain(`uncaught: ${error.message}`));
  page.on('crash', () => errors.push('the page crashed'));
  page.on('request', (request) => {
    const { protocol, hostname, host } = new URL(request.url());
    // A webview's own files have an address outside, which its service worker answers; nothing leaves.
    if (protocol.startsWith('http') && !HERE.has(hostname) && !hostname.endsWith('.vscode-resource.vscode-cdn.net')) window.offsite.add(host);
  });
}

/** Puts a picture of the page into test-results/NAME.png; gives its path. */
export async function screenshot(page: Page, name: string): Promise<string> {
  fs.mkdirSync(results, { recursive: true });
  const file = path.join(results, `${name}.png`);
  await page.screenshot({ path: file });
  return file;
}
