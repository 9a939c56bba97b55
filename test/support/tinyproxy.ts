// A proxy as a site runs it: Debian's tinyproxy, with a password or without.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InstallError, apt } from './install.ts';
import { freePort } from './lake/ports.ts';

const PROGRAM = '/usr/bin/tinyproxy';

/** `tinyproxy-bin` is the program alone: nothing is started on the machine. */
export async function installTinyproxy(): Promise<void> {
  await apt({ 'tinyproxy-bin': fs.existsSync(PROGRAM) }, 'a proxy for the tests');
}

export interface Tinyproxy {
  /** `http://127.0.0.1:PORT`; without a password. */
  readonly url: string;
  /** What it was asked since it was started, as it wrote down: "CONNECT host:port". */
  seen(): string[];
  stop(): Promise<void>;
}

/** `login`: `[user, password]` that it wants. Rejects with what it said when it does not start. */
export async function startTinyproxy(login?: readonly [string, string]): Promise<Tinyproxy> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tinyproxy-'));
  const [config, log] = ['tinyproxy.conf', 'log'].map((name) => path.join(folder, name)) as [string, string];
  const port = await freePort(new Set());
  const lines = [`Port ${port}`, 'Listen 127.0.0.1', 'Allow 127.0.0.1', 'Timeout 60', `LogFile "${log}"`, 'LogLevel Connect', ...login ? [`BasicAuth ${login.join(' ')}`] : []];
  fs.writeFileSync(config, `${lines.join('\n')}\n`, { mode: 0o600 });
  const child = spawn(PROGRAM, ['-d', '-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => { said += text.toString(); });
  child.on('error', (error) => { said += error.message; });
  const stop = async (): Promise<void> => {
    await end(child);
    fs.rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries < 100 && child.pid !== undefined && child.exitCode === null) await sleep(50);
    else {
      await stop();
      throw new InstallError(`tinyproxy does not answer on port ${port}: ${said}`);
    }
  }
  return {
    url: `http://127.0.0.1:${port}`, stop,
    seen: () => [...fs.readFileSync(log, 'utf8').matchAll(/: Request \(file descriptor \d+\): (\S+ \S+)/g)].map(([, request]) => request!),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      resolve(true);
      socket.destroy();
    });
    socket.on('error', () => resolve(false));
  });
}
