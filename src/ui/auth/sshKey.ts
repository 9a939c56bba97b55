// Asks for the Rucio account and the file of an SSH key, on the machine where the lake service runs. The service reads the file, and
// asks for a passphrase when the key is encrypted.
import os from 'node:os';
import path from 'node:path';
import type { Credentials } from '../../protocol.ts';
import type { CredentialsQuestion } from './credentials.ts';
import { askInBox, BACK, checked, step } from './inputBox.ts';

const USUAL = path.join(os.homedir(), '.ssh', 'id_rsa');

/** undefined = dismissed. */
export async function askSshKey(question: CredentialsQuestion): Promise<Credentials | typeof BACK | undefined> {
  const known = question.last ?? question.known;
  let account = known?.account ?? '';
  let key = question.last?.method === 'ssh' ? question.last.key ?? USUAL : USUAL;
  for (let at: 'account' | 'key' = 'account'; ;) {
    const made = (typed: string): Credentials => ({ method: 'ssh', key: full(typed), account });
    const value = await askInBox(at === 'account'
      ? { ...step(question, 2, 3), prompt: 'Your Rucio account', placeholder: 'alice', value: account, problem: (text) => (text.trim() === '' ? 'The server wants to know whose key it is.' : undefined) }
      : { ...step(question, 3, 3), prompt: 'File of your private SSH key (RSA)', placeholder: USUAL, value: key, problem: (text) => (path.isAbsolute(full(text)) ? undefined : 'Type the full path of the file.'), ...checked(question.check, made) });
    if (typeof value !== 'string') {
      if (value === BACK && at === 'key') at = 'account';
      else return value === BACK ? BACK : undefined;
    } else if (at === 'account') {
      account = value.trim();
      at = 'key';
    } else {
      key = value;
      return made(value);
    }
  }
}

function full(typed: string): string {
  const text = typed.trim();
  return text.startsWith('~/') ? path.join(os.homedir(), text.slice(2)) : text;
}
