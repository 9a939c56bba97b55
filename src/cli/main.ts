// The command line `datalake`: says what it wants to the same lake service as the windows.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ServiceClient, ServiceFailure } from '../client/client.ts';
import { connectToService } from '../client/connect.ts';
import { podEnvironment, proxyEnvironment } from '../client/environment.ts';
import { thisPlace } from '../client/place.ts';
import * as protocol from '../protocol.ts';
import { askInTerminal, NOBODY } from './ask.ts';
import { find, ls, whoami } from './browse.ts';
import { type Asked, type Command, type Screen, UsageError } from './command.ts';
import { mcp } from './mcp.ts';
import { get, transfers } from './move.ts';
import { put } from './put.ts';
import { makeAvailable, rule } from './rules.ts';
import { bashCompletion, zshCompletion } from './completion.ts';
import { status } from './status.ts';
import { scratch, sweep, upload } from './upload.ts';

declare const RUCIO_DATALAKE_VERSION: string;
const version = typeof RUCIO_DATALAKE_VERSION === 'string' ? RUCIO_DATALAKE_VERSION : '0.0.0';

const COMMANDS: Readonly<Record<string, Command>> = { status, whoami, ls, find, 'make-available': makeAvailable, rule, put, get, transfers, upload, scratch, sweep, mcp };

const COMMON = { json: { type: 'boolean' }, instance: { type: 'string' }, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } } as const;

const usage = `usage: datalake COMMAND

${Object.entries(COMMANDS).map(([name, { what }]) => `  ${name.padEnd(15)} ${what}`).join('\n')}

  completion bash|zsh   for your shell: eval "$(datalake completion bash)"

  Each takes --json (for programs), --instance NAME (default: this pod's, else that of your windows), --help.
  --version
  Exit codes: 0 done, 1 failed or not all of it, 2 wrong words, 130 interrupted.`;

const usageOf = ({ usage: words, what, more = [] }: Command): string => `usage: datalake ${words}\n  ${what}${more.map((line) => `\n  ${line}`).join('')}`;

const screen: Screen = {
  terminal: process.stderr.isTTY === true,
  line: (text) => void process.stdout.write(`${text}\n`),
  over: (text) => void (process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`)),
  error: (text) => void process.stderr.write(`${text}\n`),
};

async function main(args: readonly string[]): Promise<number> {
  const [name = '', ...rest] = args;
  if (name === 'completion') {
    const [shell] = rest;
    if (rest.length !== 1 || (shell !== 'bash' && shell !== 'zsh')) return say(2, undefined, 'datalake: say for which shell: datalake completion bash, or zsh');
    return say(0, shell === 'bash' ? bashCompletion(COMMANDS) : zshCompletion(COMMANDS));
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    if (name === '--version') return say(0, version);
    if (name === '--help' || name === '-h') return say(0, usage);
    if (name === '') return say(2, undefined, usage);
    return say(2, undefined, `datalake: there is no command “${name}”\n\n${usage}`);
  }
  let parsed;
  try {
    parsed = parseArgs({ args: rest, allowPositionals: true, options: { ...COMMON, ...command.options } });
    const [least, most] = command.words;
    if (!parsed.values.help && (parsed.positionals.length < least || parsed.positionals.length > most)) throw new Error(parsed.positionals.length < least ? 'Something is missing.' : 'There are too many words.');
  } catch (error) {
    return say(2, undefined, `datalake: ${(error as Error).message}\n\n${usageOf(command)}`);
  }
  const { values, positionals } = parsed;
  if (values.help) return say(0, usageOf(command));

  // The program of the service lies beside this one; Electron's variable is for this process only.
  delete process.env['ELECTRON_RUN_AS_NODE'];
  // What speaks a protocol on standard input can't ask there.
  const interactive = name !== 'mcp' && process.stdin.isTTY === true && process.stderr.isTTY === true && !values.json;
  const client = new ServiceClient({
    connect: connectToService({ program: path.join(__dirname, 'service.cjs'), place: thisPlace(), inWindow: () => false, log: () => undefined }),
    hello: () => ({
      version, client: 'terminal', label: `datalake ${name}`, pid: process.pid, interactive, linger: 30,
      instances: [], network: proxyEnvironment(process.env), env: podEnvironment(process.env, []),
    }),
    handlers: interactive ? askInTerminal(process.stdin, process.stderr) : NOBODY,
  });
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort());
  const chosen = typeof values.instance === 'string' ? values.instance : undefined;
  const asked: Asked = {
    client, positionals, values: values as Asked['values'], json: values.json === true, signal: abort.signal, screen,
    instance: () => instanceFor(client, chosen),
    instanceOf: (wanted) => instanceFor(client, wanted ?? chosen), version,
  };
  try {
    return await command.run(asked);
  } catch (error) {
    screen.over('');
    if (error instanceof UsageError) return say(2, undefined, `datalake: ${error.message}`);
    if (!(error instanceof ServiceFailure)) throw error;
    if (abort.signal.aborted) return say(130);
    if (asked.json) screen.line(JSON.stringify({ failure: error.failure }, null, 2));
    return say(1, undefined, `datalake: ${error.failure.what}\n${error.failure.next}`);
  } finally {
    client.dispose();
  }
}

function say(code: number, out?: string, err?: string): number {
  if (out !== undefined) screen.line(out);
  if (err !== undefined) screen.error(err);
  return code;
}

async function instanceFor(client: ServiceClient, wanted: string | undefined): Promise<string> {
  const own = (await client.welcome()).instances.map(({ name }) => name);
  const all = [...new Set([...own, ...(await client.request(protocol.status, {})).instances.map(({ name }) => name)])];
  if (wanted !== undefined && !all.includes(wanted)) throw new UsageError(`There is no instance “${wanted}”${all.length === 0 ? '' : `: there ${all.length === 1 ? 'is' : 'are'} ${all.join(', ')}`}.`);
  const chosen = wanted ?? own[0] ?? all[0];
  if (chosen === undefined) throw new UsageError('No Rucio instance is known here: set RUCIO_BASE_URL (a pod of a data lake does), write a rucio.cfg, or open a window of VS Code that has rucio.instances in its settings.');
  return chosen;
}

main(process.argv.slice(2)).then((code) => { process.exitCode = code; }, (error: unknown) => {
  process.stderr.write(`datalake: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
