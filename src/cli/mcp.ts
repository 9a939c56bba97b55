// `datalake mcp`: the tools for assistants, by the Model Context Protocol on standard input and output. Started by the
// program that wants them; ends when that closes its end.
import readline from 'node:readline';
import { assistantsAllowed, TURNED_OFF } from '../assistants/allowed.ts';
import { McpServer } from '../assistants/mcp.ts';
import { ToolError } from '../assistants/schema.ts';
import { thisPlace } from '../client/place.ts';
import { type Command, UsageError } from './command.ts';

export const mcp: Command = {
  usage: 'mcp', what: 'tools for assistants (Model Context Protocol on stdin and stdout): search, describe, locate, rules, quotas', words: [0, 0],
  more: ['For an assistant’s configuration: {"command": "datalake", "args": ["mcp"]}', 'It makes no rule that a person has not confirmed. The setting rucio.assistants.enabled turns it off.'],
  async run({ client, version, signal, instanceOf }) {
    const place = thisPlace();
    const server = new McpServer({
      version,
      send: (line) => void process.stdout.write(`${line}\n`),
      refusal: () => (assistantsAllowed(place) ? undefined : TURNED_OFF),
      context: (call) => ({
        client, signal: call,
        instance: async (wanted) => {
          try {
            return await instanceOf(wanted);
          } catch (error) {
            throw error instanceof UsageError ? new ToolError(error.message) : error;
          }
        },
      }),
    });
    const lines = readline.createInterface({ input: process.stdin, crlfDelay: Infinity });
    signal.addEventListener('abort', () => lines.close(), { once: true });
    const under = new Set<Promise<void>>();
    lines.on('line', (line) => {
      const work = server.receive(line).finally(() => under.delete(work));
      under.add(work);
    });
    await new Promise<void>((resolve) => { lines.once('close', resolve); });
    server.close();
    await Promise.all(under);
    return 0;
  },
};
