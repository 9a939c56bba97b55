// The command line `datalake`: says what it wants to the same lake service as the windows.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ServiceClient, ServiceFailure } from '../client/client.ts';
import { connectToService } from '../client/connect.ts';
import { podEnvironment, proxyEnvironment } from '../client/environment.ts';
import { thisPlace } from '../client/place.ts';
import * as protocol from '../protocol.ts';
import { describeStatus } from './status.ts';

declare const RUCIO_DATALAKE_VERSION: string;
const version = typeof RUCIO_DATALAKE_VERSION === 'string' ? RUCIO_DATALAKE_VERSION : '0.0.0';

const usage = `usage: datalake status [--json]

  status    what the lake service beside your editor is doing: its version, who is connected,
            the instances with their proxy and certificates, who is signed in, work under way
            --json   the same, for programs

  --help, --version`;

async function main(args: readonly string[]): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], allowPositionals: true, options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } } });
  } catch (error) {
    process.stderr.write(`datalake: ${(error as Error).message}\n\n${usage}\n`);
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.version) {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const [command, ...rest] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(`${usage}\n`);
    return command === undefined && !values.help ? 2 : 0;
  }
  if (command !== 'status' || rest.length > 0) {
    process.stderr.write(`datalake: there is no command “${positionals.join(' ')}”\n\n${usage}\n`);
    return 2;
  }
  // The program of the service lies beside this one; Electron's variable is for this process only.
  delete process.env['ELECTRON_RUN_AS_NODE'];
  const client = new ServiceClient({
    connect: connectToService({ program: path.join(__dirname, 'service.cjs'), place: thisPlace(), inWindow: () => false, log: () => undefined }),
    hello: () => ({
      version, client: 'terminal', label: `datalake ${command}`, pid: process.pid, interactive: false, linger: 30,
      instances: [], network: proxyEnvironment(process.env), env: podEnvironment(process.env, []),
    }),
    handlers: { getSecret: async () => null, storeSecret: async () => undefined, askCredentials: async () => null, askAccount: async () => null, askPassphrase: async () => null, openUrl: async () => false, redirectAddress: async () => null },
  });
  try {
    const status = await client.request(protocol.status, {});
    process.stdout.write(values.json ? `${JSON.stringify(status, null, 2)}\n` : describeStatus(status));
    return 0;
  } catch (error) {
    if (!(error instanceof ServiceFailure)) throw error;
    process.stderr.write(`datalake: ${error.failure.what}\n${error.failure.next}\n`);
    return 1;
  } finally {
    client.dispose();
  }
}

main(process.argv.slice(2)).then((code) => { process.exitCode = code; }, (error: unknown) => {
  process.stderr.write(`datalake: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
