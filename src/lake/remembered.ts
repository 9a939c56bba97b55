// The password that is remembered in the secret store.
import type { Credentials } from './types.ts';

export type Userpass = Extract<Credentials, { method: 'userpass' }>;

/** What goes to the secret store. */
export function secretOf({ username, password }: Userpass, account: string): string {
  return JSON.stringify({ method: 'userpass', username, password, account });
}

/** The remembered password; what is not ours is as good as nothing. */
export function parseSecret(text: string): Userpass | undefined {
  try {
    const value = JSON.parse(text) as Partial<Record<string, unknown>> | null;
    if (value?.['method'] !== 'userpass' || typeof value['username'] !== 'string' || typeof value['password'] !== 'string') return undefined;
    return { method: 'userpass', username: value['username'], password: value['password'], ...(typeof value['account'] === 'string' && { account: value['account'] }) };
  } catch {
    return undefined; // written by something else
  }
}
