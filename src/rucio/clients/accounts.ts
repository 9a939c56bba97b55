// Accounts: what they use and may use, one method for each call of `/accounts/`.
import { path } from '../paths.ts';
import { checkObject } from '../rows.ts';
import type { AccountGlobalLimit, AccountGlobalUsage, AccountUsage } from '../types.ts';
import type { TokenCaller } from './caller.ts';

export type AccountCalls = ReturnType<typeof accountCalls>;

export function accountCalls(caller: TokenCaller) {
  return {
    accountUsage(account: string, signal?: AbortSignal): Promise<AccountUsage[]> {
      return caller.allRows({ path: path`/accounts/${account}/usage/local`, about: account, signal, texts: ['rse'] });
    },

    accountGlobalUsage(account: string, signal?: AbortSignal): Promise<AccountGlobalUsage[]> {
      return caller.allRows({ path: path`/accounts/${account}/usage/global`, about: account, signal, texts: ['rse_expression'] });
    },

    /** Limits by RSE, of those that have one; Infinity = none. Bytes. */
    async accountLocalLimits(account: string, signal?: AbortSignal): Promise<Readonly<Record<string, number>>> {
      return checkObject(await caller.json({ path: path`/accounts/${account}/limits/local`, about: account, signal }), [], 'GET /accounts/…/limits/local');
    },

    /** Limits by RSE expression, and the RSEs that each means now. Bytes. */
    async accountGlobalLimits(account: string, signal?: AbortSignal): Promise<Readonly<Record<string, AccountGlobalLimit>>> {
      return checkObject(await caller.json({ path: path`/accounts/${account}/limits/global`, about: account, signal }), [], 'GET /accounts/…/limits/global');
    },
  };
}
