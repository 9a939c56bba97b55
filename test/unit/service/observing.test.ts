// What a client shows is looked at by the lake of its instance, also after that lake was replaced, and by none when the client has gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as protocol from '../../../src/protocol.ts';
import type { Lakes, OpenLake } from '../../../src/service/lakes.ts';
import { Observing, type TypedDID } from '../../../src/service/observing.ts';
import type { Client } from '../../../src/service/questions.ts';
import { type View, Views } from '../../../src/service/views.ts';

const RUN: TypedDID = { scope: 's', name: 'run', type: 'DATASET' };

/** Lakes by key that note what each is told to look at. */
function scene(...keys: string[]) {
  const looked: string[] = [];
  const open = new Map(keys.map((key) => [key, {
    key, session: 'bob', lake: { observe: (_client: Client, dids: readonly TypedDID[]) => void looked.push(`${key}: ${dids.map(({ name }) => name).join(' ')}`) },
  } as unknown as OpenLake]));
  const lakes: Pick<Lakes, 'get' | 'all'> = { get: (key) => open.get(key ?? ''), get all() { return [...open.values()]; } };
  const views = new Views(lakes);
  const told: unknown[] = [];
  const client = { hello: { client: 'window' }, connection: { sendNotification: async ({ method }: { method: string }, params: unknown) => void told.push([method, params]) } } as unknown as Client;
  const view = (instances: Readonly<Record<string, string>>): View => ({ keys: new Map(Object.entries(instances).map(([name, key]) => [name, { key, instance: { name } }])) }) as unknown as View;
  return { looked, told, client, views, view, observing: new Observing(views, lakes) };
}

test('the lake that takes the place of another looks at what was shown, and the other at nothing', () => {
  const { looked, client, views, view, observing } = scene('old', 'new', 'same');
  const before = view({ lake: 'old', other: 'same', gone: 'same' });
  views.set(client, before);
  observing.observe(client, 'lake', [RUN]);
  observing.observe(client, 'other', [RUN]);
  assert.deepEqual(looked.splice(0), ['old: run', 'same: run']);
  const now = view({ lake: 'new', other: 'same' });
  views.set(client, now);
  observing.follow(client, before, now);
  assert.deepEqual(looked.splice(0), ['old: ', 'new: run', 'same: '], 'what has not changed is left alone; what is gone is looked at no more');
});

test('nothing was shown of it: its new lake is told nothing', () => {
  const { looked, client, views, view, observing } = scene('old', 'new');
  const now = view({ lake: 'new' });
  views.set(client, now);
  observing.follow(client, view({ lake: 'old' }), now);
  assert.deepEqual(looked, ['old: ']);
});

test('a client that left shows nothing any more, also of what it has again later', () => {
  const { looked, client, views, view, observing } = scene('one', 'two');
  const first = view({ lake: 'one' });
  views.set(client, first);
  observing.observe(client, 'lake', [RUN]);
  observing.leave(client);
  assert.deepEqual(looked.splice(0), ['one: run', 'one: ', 'two: ']);
  const second = view({ lake: 'two' });
  views.set(client, second);
  observing.follow(client, first, second);
  assert.deepEqual(looked, ['one: ']);
});

test('no such instance: the client is told why nothing will come', () => {
  const { told, client, views, view, observing } = scene();
  views.set(client, view({}));
  observing.observe(client, 'lake', [RUN]);
  const [[method, params]] = told as [[string, { instance: string; items: unknown[]; failure: protocol.Failure }]];
  assert.deepEqual([method, params.instance, params.items, params.failure.kind], [protocol.availabilityChanged.method, 'lake', [], 'configuration']);
});
