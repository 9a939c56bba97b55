// What the service asks in the middle of a command, answered in the terminal, where there is one.
import readline from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { ClientHandlers } from '../client/client.ts';

/** Nobody is there to be asked. */
export const NOBODY: ClientHandlers = {
  getSecret: async () => null, storeSecret: async () => undefined, askCredentials: async () => null, askAccount: async () => null, askPassphrase: async () => null, openUrl: async () => false, redirectAddress: async () => null,
};

/** A person at a terminal. Nothing is kept: passwords are typed again the next time. */
export function askInTerminal(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): ClientHandlers {
  async function ask(question: string, hidden = false): Promise<string | null> {
    output.write(question);
    const shown = new Writable({ write: (chunk, _encoding, done) => { if (!hidden) output.write(chunk as Buffer); done(); } });
    const lines = readline.createInterface({ input, output: shown, terminal: true });
    try {
      const answer = (await lines.question('')).trim();
      return answer === '' ? null : answer;
    } finally {
      lines.close();
      if (hidden) output.write('\n');
    }
  }
  return {
    ...NOBODY,
    async askCredentials({ displayName, reason, methods }) {
      output.write(`${displayName}: ${reason}\n`);
      if (methods.includes('userpass')) {
        const username = await ask('User name (empty: none): ');
        const password = username === null ? null : await ask('Password: ', true);
        if (username !== null && password !== null) return { method: 'userpass', username, password };
      }
      return methods.includes('device') && (await ask('Sign in in a browser, with a code? [y/N] '))?.toLowerCase().startsWith('y') ? { method: 'device' } : null;
    },
    async askAccount({ accounts }) {
      const chosen = await ask(`As which account? ${accounts.join(', ')}: `);
      return chosen !== null && accounts.includes(chosen) ? chosen : null;
    },
    askPassphrase: ({ file, problem }) => ask(`${problem === undefined ? '' : `${problem} `}Passphrase of ${file}: `, true),
    async openUrl({ url, userCode, displayName }, signal) {
      output.write(`${displayName}: open ${url}${userCode === undefined ? '' : ` and enter the code ${userCode}`}\n`);
      if (!signal.aborted) await new Promise<void>((resolve) => { signal.addEventListener('abort', () => resolve(), { once: true }); });
      return true;
    },
  };
}
