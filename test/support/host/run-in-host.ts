// Runs a test module inside the extension host of one VS Code version, through @vscode/test-electron, as a project with
// a desktop would do it; the "desktop" is our launcher.
import fs from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { TestRunFailedError, runTests } from '@vscode/test-electron';
import { node24, tools } from '../install.ts';
import { type HostVersion, installHost } from './install.ts';

export interface HostRun {
  version: HostVersion;
  /** The folder of the extension under test. */
  extension: string;
  /** VSIX files that are installed beside it. */
  beside?: readonly string[];
  /** A CommonJS module that exports `run()`. */
  tests: string;
  /** The folder the window is opened on. */
  folder?: string;
  /** Environment of the extension host, beside ours. */
  env?: Readonly<Record<string, string>>;
  /** Settings of scope `machine`. */
  machineSettings?: Readonly<Record<string, unknown>>;
  limitMs: number;
}

export interface HostResult {
  /** The launcher's exit code: 0 only if the tests ran to their end and passed. */
  code: number;
  /** What it said. */
  output: string;
}

/** Never rejects because of tests; rejects when the editor cannot be installed. */
export async function runInHost(run: HostRun): Promise<HostResult> {
  const executable = await hostExecutable(run.version);
  let output = '';
  const collect = () => new Writable({ write(chunk: Buffer, _encoding, done) { output += chunk.toString(); done(); } });
  const code = await runTests({
    vscodeExecutablePath: executable,
    extensionDevelopmentPath: run.extension,
    extensionTestsPath: run.tests,
    launchArgs: run.folder ? [run.folder] : [],
    reuseMachineInstall: true, // no profile in the project folder: the launcher has temporary ones
    extensionTestsEnv: { DATALAKE_HOST_ENV: JSON.stringify(run.env ?? {}), DATALAKE_HOST_SETTINGS: JSON.stringify(run.machineSettings ?? {}), DATALAKE_HOST_LIMIT_MS: String(run.limitMs), DATALAKE_HOST_BESIDE: JSON.stringify(run.beside ?? []) },
    stdout: collect(), stderr: collect(),
  }).catch((error: unknown) => {
    if (error instanceof TestRunFailedError) return error.code ?? 1;
    throw error;
  });
  return { code, output: output.trim() };
}

/** A program that can be given wherever the path of a VS Code executable is asked for. */
export async function hostExecutable(version: HostVersion): Promise<string> {
  await installHost(version);
  const file = path.join(tools, `host-${version}`, 'code');
  const launcher = path.join(import.meta.dirname, 'launcher.ts');
  fs.writeFileSync(file, `#!/bin/sh\nexec '${node24}' --disable-warning=ExperimentalWarning '${launcher}' ${version} "$@"\n`, { mode: 0o755 });
  return file;
}
