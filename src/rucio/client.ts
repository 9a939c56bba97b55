// Rucio's REST API, one method for each call, named as Rucio names it: the calls of each resource (clients/) put together.
// Rows and objects come as the server sends them (types.ts). All methods throw RucioError; a generator that is left early ends its connection.
import { accountCalls, type AccountCalls } from './clients/accounts.ts';
import { TokenCaller } from './clients/caller.ts';
import { credentialCalls, type CredentialCalls } from './clients/credentials.ts';
import { didCalls, type DidCalls } from './clients/dids.ts';
import { replicaCalls, type ReplicaCalls } from './clients/replicas.ts';
import { rseCalls, type RseCalls } from './clients/rses.ts';
import { ruleCalls, type RuleCalls } from './clients/rules.ts';
import { RucioError } from './errors.ts';
import type { UrlPath } from './paths.ts';
import { checkObject } from './rows.ts';
import type { Call, TokenSource, Transport } from './transport.ts';

export type RucioClient = DidCalls & ReplicaCalls & RuleCalls & RseCalls & AccountCalls & CredentialCalls & {
  /** No token needed: tells whether a Rucio server is there. */
  ping(signal?: AbortSignal): Promise<{ version: string }>;
  /** The account that the token stands for. */
  whoami(signal?: AbortSignal): Promise<string>;
};

export function rucioClient(transport: Transport, tokens: TokenSource): RucioClient {
  const caller = new TokenCaller(transport, tokens);
  return {
    ...didCalls(caller), ...replicaCalls(caller), ...ruleCalls(caller), ...rseCalls(caller), ...accountCalls(caller), ...credentialCalls(caller),
    async ping(signal) {
      const call: Call = { path: '/ping', signal };
      return checkObject(await transport.json(call), ['version'], 'GET /ping');
    },
    whoami: (signal) => whoami(transport, tokens, signal),
  };
}

/** `GET /accounts/whoami` answers 303 with `Location: <account>`; that account's page need not be asked for (rucio 41: web/rest/flaskapi/v1/accounts.py). */
export async function whoami(transport: Transport, tokens: TokenSource, signal?: AbortSignal): Promise<string> {
  const request: UrlPath = '/accounts/whoami';
  const answer = await transport.raw({ path: request, tokens, signal }, { follow: false });
  const location = answer.header('Location');
  // Servers behind a front end may name themselves by another scheme or port; nothing is sent there, so only the name counts.
  const to = location === null ? null : URL.parse(location, `http://${transport.host}${request}`);
  const account = to && to.hostname === URL.parse(`http://${transport.host}`)?.hostname ? /\/accounts\/([^/]+)\/?$/.exec(to.pathname)?.[1] : undefined;
  if (answer.status !== 303 || account === undefined) {
    const elsewhere = to && to.hostname !== transport.host.replace(/:\d+$/, '') ? ` It sends us on to ${to.origin}: a log-in page on the way?` : '';
    throw new RucioError('notRucio', `${transport.host} did not say which account the token stands for (status ${answer.status}).${elsewhere}`, { status: answer.status, request: `GET ${request}`, subject: transport.host });
  }
  return decodeURIComponent(account);
}
