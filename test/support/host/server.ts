// Starts a code-server for a person's journey, for the demo, or for a test run inside its extension host: on
// 127.0.0.1 and a free port, with folders of its own, with nothing of the outer environment that would change it, and
// with an end that leaves no process behind.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { InstallError, run } from '../install.ts';
import { type HostInstall, type HostVersion, installHost } from './install.ts';
import { guard } from './processes.ts';

type Settings = Readonly<Record<string, unknown>>;

export interface CodeServerOptions {
  version: HostVersion;
  /** Folders that are kept; without them temporary ones, removed at the end. */
  userDataDir?: string;
  extensionsDir?: string;
  /** Installed before the start. */
  vsix?: string | readonly string[];
  /** The user's settings, beside those that keep the workbench quiet. */
  settings?: Settings;
  /** The machine's settings: settings of scope `machine` count only here. */
  machineSettings?: Settings;
  /** Added to the environment of the server and so of the extension host. `undefined` takes a variable out. */
  env?: Readonly<Record<string, string | undefined>>;
  /** 0 or nothing: a free one. */
  port?: number;
  /** The workbench obeys the test keys of its address, and shows no notifications. */
  testDriver?: boolean;
  /** Gets what the server prints, line by line. */
  log?: (line: string) => void;
}

export interface CodeServer {
  /** `http://127.0.0.1:PORT`; the name `localhost` is treated specially by VS Code, so tests do not use it. */
  url: string;
  port: number;
  pid: number;
  userDataDir: string;
  extensionsDir: string;
  /** The address of a window on this folder. */
  folderUrl(folder: string): string;
  /** Changes user settings while it runs; windows follow by themselves. */
  changeSettings(settings: Settings): void;
  /** Resolves with words when the server ends, whoever ended it. */
  ended: Promise<string>;
  /** Ends the server and everything it started. */
  stop(): Promise<void>;
}

/** Nothing pops up, nothing is looked up, nothing is restored. */
const QUIET: Settings = {
  'workbench.startupEditor': 'none', 'workbench.tips.enabled': false, 'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden', 'workbench.editor.restoreEditors': false, 'window.restoreWindows': 'none',
  'chat.disableAIFeatures': true, 'telemetry.telemetryLevel': 'off', 'git.enabled': false, 'npm.autoDetect': 'off',
  'extensions.autoCheckUpdates': false, 'extensions.ignoreRecommendations': true,
  'security.workspace.trust.enabled': false, 'workbench.welcomePage.walkthroughs.openOnInstall': false,
};

/** Starts it and waits until it answers. Rejects with `InstallError` (a taken port, what the server said). */
export async function startCodeServer(options: CodeServerOptions): Promise<CodeServer> {
  const install = await installHost(options.version);
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'dlh-')); // short: it holds sockets, whose paths have 107 bytes
  const userDataDir = options.userDataDir ?? path.join(temporary, 'data');
  const extensionsDir = options.extensionsDir ?? path.join(temporary, 'extensions');
  const home = path.join(temporary, 'home');
  const runtime = path.join(temporary, 'run');
  for (const dir of [path.join(userDataDir, 'User'), path.join(userDataDir, 'Machine'), extensionsDir, home]) fs.mkdirSync(dir, { recursive: true });
  fs.mkdirSync(runtime, { mode: 0o700 });
  const userSettings = path.join(userDataDir, 'User', 'settings.json');
  mergeJson(userSettings, { ...QUIET, ...options.settings });
  mergeJson(path.join(userDataDir, 'Machine', 'settings.json'), options.machineSettings ?? {});

  const guarded = guard([temporary]);
  const env = without({ ...cleanEnvironment(), HOME: home, XDG_STATE_HOME: path.join(userDataDir, 'state'), XDG_RUNTIME_DIR: runtime, EXTENSIONS_GALLERY: '{}', ...options.env, ...guarded.env });
  const args = [install.entry, '--config', path.join(temporary, 'config.yaml'), '--user-data-dir', userDataDir, '--extensions-dir', extensionsDir];
  try {
    for (const vsix of [options.vsix ?? []].flat()) await run(install.node, [...args, '--install-extension', vsix, '--force'], { env });
    const { child, port, ended } = await listen(install, [...args, ...serverArguments(install, options)], env, options);
    return {
      url: `http://127.0.0.1:${port}`, port, pid: child, userDataDir, extensionsDir, ended,
      folderUrl: (folder) => `http://127.0.0.1:${port}/?folder=${encodeURIComponent(path.resolve(folder))}`,
      changeSettings: (settings) => mergeJson(userSettings, settings),
      stop: () => guarded.end(),
    };
  } catch (error) {
    await guarded.end();
    throw error;
  }
}

function serverArguments(install: HostInstall, options: CodeServerOptions): string[] {
  return ['--auth', 'none', '--bind-addr', `127.0.0.1:${options.port ?? 0}`, '--disable-telemetry', '--disable-update-check',
    '--disable-workspace-trust', '--disable-getting-started-override', '--ignore-last-opened', ...options.testDriver ? install.testFlags : []];
}

function listen(install: HostInstall, args: readonly string[], env: NodeJS.ProcessEnv, options: CodeServerOptions): Promise<{ child: number; port: number; ended: Promise<string> }> {
  const child = spawn(install.node, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(`code-server could not be started: ${error.message}`));
    child.on('exit', (code, signal) => resolve(`code-server ended (${signal ?? code})`));
  });
  return new Promise((resolve, reject) => {
    let said = '';
    let ready = false;
    const see = (data: Buffer) => {
      const text = data.toString();
      if (options.log) for (const line of text.split('\n')) if (line.trim()) options.log(line);
      if (ready) return;
      said += text;
      const port = /HTTP server listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (!port) return;
      ready = true;
      resolve({ child: child.pid ?? 0, port: Number(port), ended });
    };
    child.stdout.on('data', see);
    child.stderr.on('data', see);
    void ended.then((how) => reject(new InstallError(said.includes('EADDRINUSE')
      ? `Port ${options.port} is taken by another program: choose another one.`
      : `${how} before it was ready:\n${said.trim().split('\n').slice(-15).join('\n')}`)));
  });
}

/**
 * Our environment less what would steer code-server (it obeys PORT and PASSWORD, and hands itself over to an editor
 * whose terminal it runs in), the test runner's own variables, and what a data lake's site sets for its users.
 */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const steering = /^(VSCODE_|ELECTRON_|CODE_SERVER_|RUCIO_|X509_|XDG_|NODE_OPTIONS$|NODE_TEST_CONTEXT$|NODE_V8_COVERAGE$|PORT$|PASSWORD$|HASHED_PASSWORD$|EXTENSIONS_GALLERY$|VCAP_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !steering.test(name)));
}

function without(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}

function mergeJson(file: string, values: Settings): void {
  const before = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) as Settings : {};
  fs.writeFileSync(file, `${JSON.stringify({ ...before, ...values }, null, 2)}\n`);
}
