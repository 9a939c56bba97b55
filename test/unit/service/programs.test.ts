// Which keeper writes files for which programs: the client that came last decides over the pod's, each client over its own terminals.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResponseError } from 'vscode-jsonrpc/node';
import type { Client } from '../../../src/service/questions.ts';
import type { Lakes, OpenLake } from '../../../src/service/lakes.ts';
import { Programs } from '../../../src/service/programs.ts';
import { type View, Views } from '../../../src/service/views.ts';

/** `folder`: the service has one, so that each lake has a keeper. */
function scene({ folder = true } = {}) {
  const wants: Record<string, string> = {};
  const keepers = new Map(['a', 'b'].map((key) => [key, {
    want: (wish: { terminal: boolean; settings: { tokenFiles: string } } | undefined) => { wants[key] = wish ? `${wish.terminal ? 'terminal, ' : ''}${wish.settings.tokenFiles}` : 'nothing'; },
    environment: () => ({ key }),
  }]));
  const lakes = {
    get: (key: string | undefined) => (key === undefined ? undefined : { key } as unknown as OpenLake), all: [],
    sessionOf: (open: OpenLake | undefined) => open && { ...(folder && { keeper: keepers.get(open.key) }) },
    keepers: folder ? [...keepers.values()] : [],
  } as unknown as Lakes;
  const views = new Views(lakes);
  const client = (choice?: { readonly instance: string; readonly tokenFiles: string }, instances: readonly string[] = ['a', 'b']): Client => {
    const one = { hello: { client: 'window' } } as unknown as Client;
    views.set(one, {
      welcome: { instances: instances.map((name) => ({ name })) }, keys: new Map(instances.map((name) => [name, { key: name, instance: { name } }])),
      ...(choice && { programs: { instance: choice.instance, settings: { tokenFiles: choice.tokenFiles } } }),
    } as unknown as View);
    return one;
  };
  return { wants, views, client, programs: new Programs(views, lakes) };
}

test('the client that came last decides which instance the files of the pod are of; a terminal says nothing', () => {
  const { wants, views, client, programs } = scene();
  client({ instance: 'a', tokenFiles: 'first' });
  const last = client({ instance: '', tokenFiles: 'second' }, ['b', 'a']);
  client();
  programs.settle();
  assert.deepEqual(wants, { a: 'nothing', b: 'second' }, 'its default is its first instance');
  views.delete(last);
  programs.settle();
  assert.deepEqual(wants, { a: 'first', b: 'nothing' });
});

test('one that chose an instance which it has not does not decide', () => {
  const { wants, client, programs } = scene();
  client({ instance: 'a', tokenFiles: 'good' });
  client({ instance: 'elsewhere', tokenFiles: 'bad' });
  programs.settle();
  assert.deepEqual(wants, { a: 'good', b: 'nothing' });
});

test('what was given to a client\'s terminals is kept up until it leaves', async () => {
  const { wants, client, programs } = scene();
  const chosen = client({ instance: 'a', tokenFiles: 'on' });
  const other = client();
  assert.deepEqual(await programs.environment(other, 'b'), { key: 'b' });
  assert.deepEqual(await programs.environment(chosen, ''), { key: 'a' });
  assert.deepEqual(wants, { a: 'terminal, on', b: 'terminal, off' });
  programs.leave(other);
  programs.settle();
  assert.deepEqual(wants, { a: 'terminal, on', b: 'nothing' });
});

test('nothing to give: no instance at all, none of this name, no folder', async () => {
  const { client, programs } = scene();
  assert.equal(await programs.environment(client(undefined, []), ''), null);
  const none = scene({ folder: false });
  await assert.rejects(none.programs.environment(none.client(), 'a'), (error) => error instanceof ResponseError && /no folder of its own/.test(error.message));
});
