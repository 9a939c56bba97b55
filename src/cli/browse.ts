// `datalake ls`, `find`, `whoami`: what is there, and who asks.
import * as protocol from '../protocol.ts';
import type { DIDRow } from '../protocol.ts';
import { type Asked, type Command, didOf } from './command.ts';
import { bytesText, table } from './words.ts';

/** Rows of one answer; --limit says otherwise. */
const ROWS = 1000;

const LIMIT = { limit: { type: 'string' } } as const;

function limitOf({ values }: Asked): number {
  const limit = Number(values['limit'] ?? ROWS);
  return Number.isSafeInteger(limit) && limit > 0 ? limit : ROWS;
}

function show({ screen, json }: Asked, rows: readonly DIDRow[], more: boolean): number {
  if (json) screen.line(JSON.stringify({ rows, more }, null, 2));
  else {
    for (const line of table(rows.map(({ scope, name, type, bytes, length }) => [type.toLowerCase(), bytes === null ? '' : bytesText(bytes), type === 'FILE' || length === null ? '' : `${length} files`, `${scope}:${name}`]), [1, 2])) screen.line(line);
    if (more) screen.error(`Only the first ${rows.length} are shown: --limit N shows more.`);
  }
  return 0;
}

export const ls: Command = {
  usage: 'ls [SCOPE | SCOPE:NAME] [--limit N]', what: 'your scopes, the DIDs of a scope, or what is in a dataset or container', words: [0, 1], options: LIMIT,
  async run(asked) {
    const { client, positionals: [what], screen, json, signal } = asked;
    const instance = await asked.instance();
    if (what === undefined) {
      const scopes = await client.request(protocol.listScopes, { instance, mine: true }, signal);
      if (json) screen.line(JSON.stringify(scopes, null, 2));
      else for (const scope of scopes) screen.line(scope);
      return 0;
    }
    const rows: DIDRow[] = [];
    const collect = { signal, onRestart: (): void => void (rows.length = 0) };
    const limit = limitOf(asked);
    const { more } = what.includes(':')
      ? await client.stream(protocol.listContent, protocol.didRows, (token) => ({ instance, did: didOf(what), type: 'all' as const, limit, rows: token }), (some) => rows.push(...some), collect)
      : await client.stream(protocol.listDids, protocol.didRows, (token) => ({ instance, scope: what, name: '*', type: 'all' as const, limit, rows: token }), (some) => rows.push(...some), collect);
    return show(asked, rows, more);
  },
};

export const find: Command = {
  usage: 'find SCOPE:PATTERN* [--limit N]', what: 'DIDs whose names fit; * stands for any characters', words: [1, 1], options: LIMIT,
  async run(asked) {
    const { client, positionals: [text = ''], signal } = asked;
    const instance = await asked.instance();
    const rows: DIDRow[] = [];
    const { more } = await client.stream(protocol.searchDids, protocol.didRows, (token) => ({ instance, text, type: 'all' as const, limit: limitOf(asked), rows: token }), (some) => rows.push(...some), { signal, onRestart: () => void (rows.length = 0) });
    return show(asked, rows, more);
  },
};

export const whoami: Command = {
  usage: 'whoami', what: 'who is signed in, where, and until when', words: [0, 0],
  async run(asked) {
    const { client, screen, json, signal } = asked;
    const instance = await asked.instance();
    const session = await client.request(protocol.signIn, { instance }, signal);
    if (json) screen.line(JSON.stringify(session, null, 2));
    else screen.line(`${session.account ?? 'an account that the server does not name'} @ ${instance}${session.expiresAt === undefined ? '' : `, until ${new Date(session.expiresAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`}`);
    return 0;
  },
};
