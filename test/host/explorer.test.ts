// Explore in a real extension host, on a real lake: what VS Code is told, and what the tree then holds.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite, suiteSetup, suiteTeardown, test } from 'mocha';
import * as vscode from 'vscode';
import type { ServiceClient } from '../../src/client/client.ts';
import type { ForTests } from '../../src/extension.ts';
import * as protocol from '../../src/protocol.ts';
import type { Availability, DIDRow } from '../../src/protocol.ts';
import { commands, settings, views } from '../../src/ui/contributions.ts';
import { ExplorerModel } from '../../src/ui/explorer/model.ts';
import type { Children, DidNode, ExplorerNode } from '../../src/ui/explorer/nodes.ts';
import { treeItem } from '../../src/ui/explorer/treeItems.ts';
import { stateWords } from '../../src/ui/explorer/words.ts';
import { SessionStore } from '../../src/ui/sessions.ts';
import { instanceOf, signIn } from '../support/instance.ts';
import type { DidRole, LakeInfo } from '../support/lake/info.ts';
import { extensionUnderTest, failsWith, windowClient } from './extensionUnderTest.ts';

const lake = JSON.parse(fs.readFileSync(process.env['LAKE_INFO'] ?? '', 'utf8')) as LakeInfo;

async function until<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>, patienceMs = 20_000): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    assert.ok(Date.now() < end, `not within ${patienceMs / 1000} s: ${what}`);
    await sleep(50);
  }
}

const didOf = (role: DidRole) => refOf(lake.seed.dids[role]);

const refOf = (text: string) => {
  const colon = text.indexOf(':');
  return { instance: 'lake', scope: text.slice(0, colon), name: text.slice(colon + 1) };
};

suite('Explore', () => {
  let api: ForTests;
  let client: ServiceClient;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'explore-'));
  const model = () => api.explorer.model;
  const child = (children: Children, fits: (node: ExplorerNode) => boolean): ExplorerNode | undefined => children.now().find(fits);
  const labels = (children: Children): string[] => children.now().map((node) => node.kind === 'did' ? node.row.name : node.kind === 'scope' ? node.scope : node.kind === 'note' ? `(${node.note})` : node.kind);

  async function instanceNode(name = 'lake') {
    await model().root.get();
    return until(`instance ${name}`, () => model().instances().find(({ instance }) => instance === name));
  }

  /** Its rows, all of them, as VS Code would get them. */
  async function openScope(scope: string): Promise<Children> {
    const node = await instanceNode();
    await node.children.get();
    const all = await until('All Scopes', () => child(node.children, (one) => one.kind === 'scopes' && !one.mine));
    assert.ok(all.kind === 'scopes');
    await all.children.get();
    const found = child(all.children, (one) => one.kind === 'scope' && one.scope === scope);
    assert.ok(found?.kind === 'scope', `${scope} is not among ${labels(all.children).join(', ')}`);
    await api.explorer.show(found, true);
    await found.children.get();
    await found.children.listing.settled;
    return found.children;
  }

  suiteSetup(async () => {
    api = await extensionUnderTest().activate();
    client = await windowClient();
  });

  suiteTeardown(async () => {
    await api.explorer.setFilter('all');
    fs.rmSync(folder, { recursive: true, force: true });
  });

  test('offers to sign in, and goes on by itself when that was done', async () => {
    await vscode.commands.executeCommand(`${views.explore}.focus`);
    await until('the view', () => api.explorer.view.visible);
    const node = await instanceNode();
    await client.request(protocol.signOut, { instance: 'lake' });
    await node.children.listing.refresh();
    const note = await until('the note', () => child(node.children, (one) => one.kind === 'note'));
    assert.ok(note.kind === 'note');
    assert.equal(note.failure?.kind, 'signInNeeded');
    await signIn(client, lake, 'alice');
    await until('the scopes', () => node.children.now().filter((one) => one.kind === 'scopes').length === 2);
    const mine = child(node.children, (one) => one.kind === 'scopes' && one.mine);
    assert.ok(mine?.kind === 'scopes');
    await mine.children.get();
    assert.ok(labels(mine.children).includes('user.alice')); // other tests add scopes of hers
  });

  test('lists the DIDs of a scope as the server has them, names of every kind', async () => {
    const children = await openScope('test');
    assert.equal(children.listing.failure, undefined);
    const seeded = Object.values(lake.seed.dids).filter((did) => did.startsWith('test:')).map((did) => did.slice('test:'.length));
    const shown = new Set(labels(children));
    if (!children.listing.more) assert.deepEqual(seeded.filter((name) => !shown.has(name)), []);
    const ids = [...model().walk()].map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });

  test('goes down to the files of a dataset', async () => {
    const { scope, name } = didOf('available');
    const dataset = child(await openScope(scope), (node) => node.kind === 'did' && node.row.name === name) as DidNode;
    assert.ok(dataset?.children);
    await api.explorer.show(dataset, true);
    await dataset.children.get();
    await dataset.children.listing.settled;
    const files = dataset.children.now().filter((node) => node.kind === 'did');
    assert.ok(files.length > 0 && files.every(({ row }) => row.type === 'FILE' && (row.bytes ?? 0) > 0));
  });

  test('says of every seeded DID what became of it, and screen readers hear it', async () => {
    await openScope('test');
    const states: Partial<Record<DidRole, string>> = { partly: 'partly', elsewhere: 'notAvailable', 'to-hold': 'replicating', 'empty-dataset': 'empty' };
    for (const [role, state] of Object.entries(states)) {
      const ref = didOf(role as DidRole);
      await api.explorer.reveal(ref);
      const status = await until(`the state of ${ref.name}`, () => api.explorer.statuses.get(ref));
      assert.equal(status.state, state, `${ref.name}: ${status.looked}`);
      assert.notEqual(status.looked, '');
      const node = model().find(ref);
      assert.ok(node);
      const item = treeItem(node, { model: model(), statuses: api.explorer.statuses, sessions: new SessionStore() });
      const words = stateWords(status).title;
      assert.match(item.accessibilityInformation?.label ?? '', new RegExp(`test:${ref.name.replaceAll('.', '\\.')}.*, ${words.charAt(0).toLowerCase()}${words.slice(1).replace(/[()]/g, '\\$&')}$`));
    }
  });

  test('has words of its own for every state of a rule, on the row, on the badge and for screen readers', async () => {
    const right: Record<keyof LakeInfo['seed']['rules'], { readonly state: Availability; readonly row?: RegExp; readonly badge: RegExp; readonly spoken: RegExp }> = {
      ok: { state: 'available', badge: /^✓$/, spoken: /, available$/ },
      replicating: { state: 'replicating', row: /replicating \d+ %$/, badge: /^\d+$/, spoken: /, replicating \d+ %$/ },
      stuck: { state: 'stuck', row: /stuck$/, badge: /^!$/, spoken: /, stuck$/ },
      waiting: { state: 'waitingApproval', row: /waiting for approval$/, badge: /^W$/, spoken: /, waiting for approval$/ },
      suspended: { state: 'suspended', row: /suspended$/, badge: /^S$/, spoken: /, suspended$/ },
      inject: { state: 'injecting', row: /injecting$/, badge: /^I$/, spoken: /, injecting$/ },
    };
    for (const [role, { state, row, badge, spoken }] of Object.entries(right)) {
      const ref = refOf(lake.seed.rules[role as keyof typeof right].did);
      await api.explorer.reveal(ref);
      // Rucio's repairer takes a stuck rule up again now and then.
      const info = await until(`${ref.name} is ${state}`, () => api.explorer.statuses.get(ref)?.state === state && api.explorer.statuses.get(ref), 60_000);
      const node = model().find(ref);
      assert.ok(node);
      const item = treeItem(node, { model: model(), statuses: api.explorer.statuses, sessions: new SessionStore() });
      assert.match(item.accessibilityInformation?.label ?? '', spoken);
      assert.match(stateWords(info).badge, badge);
      if (row) assert.match(String(item.description), row);
    }
  });

  test('observes nothing while the view is hidden', async () => {
    assert.ok([...api.explorer.observation.observed().values()].flat().length > 0);
    await vscode.commands.executeCommand('workbench.view.explorer');
    await until('the view is hidden', () => !api.explorer.view.visible);
    assert.equal(api.explorer.observation.observed().size, 0);
    await vscode.commands.executeCommand(`${views.explore}.focus`);
    await until('the view', () => api.explorer.view.visible);
  });

  test('filters by type, on the server, and says so', async () => {
    const children = await openScope('test');
    await api.explorer.setFilter('container');
    await children.get();
    await children.listing.settled;
    const rows = children.listing.rows.map((node) => (node as DidNode).row);
    assert.ok(rows.length > 0 && rows.every(({ type }) => type === 'CONTAINER'));
    assert.equal(api.explorer.view.message, 'Scopes show containers only.');
  });

  test('reveals a DID that no list shows, pinned under its scope, without reading a list', async () => {
    const ref = didOf('fits');
    await api.explorer.reveal(ref);
    const node = model().find(ref);
    assert.ok(node?.parent?.kind === 'scope');
    assert.equal(node.parent.children.isPinned(node.id), true);
    assert.equal(node.parent.children.listing.asked, false);
    assert.deepEqual(labels(node.parent.children), [ref.name, '(list)']);
    await until('it is selected', () => api.explorer.view.selection[0]?.id === node.id);
    await vscode.commands.executeCommand(commands.unpin, node);
    assert.equal(model().find(ref), undefined);
    await api.explorer.setFilter('all');
  });

  test('says what the server said when a DID is not there', async () => {
    await assert.rejects(api.explorer.reveal({ instance: 'lake', scope: 'test', name: 'there.is.no.such' }), failsWith('notFound'));
  });

  test('loads more by asking again', async () => {
    const small = new ExplorerModel(client, new SessionStore(), { page: 5 });
    await small.root.get();
    const results = small.keepResults('lake', 'test:*', 'all');
    assert.ok(results);
    await results.children.get();
    await results.children.listing.settled;
    assert.equal(results.children.listing.size, 5);
    const more = results.children.now().at(-1);
    assert.ok(more?.kind === 'note' && more.note === 'more');
    await vscode.commands.executeCommand(commands.loadMore, more);
    assert.equal(results.children.listing.size, 10);
  });

  test('keeps results of a search in the tree, until they are cleared', async () => {
    const node = model().keepResults('lake', 'test:ds.*', 'dataset');
    assert.ok(node);
    await api.explorer.show(node, true);
    await node.children.get();
    await node.children.listing.settled;
    const rows = node.children.listing.rows.map((one) => (one as DidNode).row);
    assert.ok(rows.length > 5 && rows.every(({ name, type }: DIDRow) => name.startsWith('ds.') && type === 'DATASET'));
    await vscode.commands.executeCommand(commands.clearResults);
    assert.deepEqual(model().results(), []);
  });

  test('copies DIDs of whatever is selected', async () => {
    const [first, second] = [didOf('partly'), didOf('elsewhere')];
    await vscode.commands.executeCommand(commands.copyDid, first, [first, second]);
    assert.equal(await vscode.env.clipboard.readText(), `${first.scope}:${first.name}\n${second.scope}:${second.name}`);
  });

  test('copies the paths of what is here, and they can be read', async () => {
    await vscode.commands.executeCommand(commands.copyPath, didOf('available'), undefined);
    const paths = (await vscode.env.clipboard.readText()).split('\n');
    assert.ok(paths.length > 0);
    for (const file of paths) assert.ok(fs.statSync(file).size > 0, file);
  });

  test('keeps its lists when the service is killed, and asks again without doubles', async () => {
    const children = await openScope('test');
    const before = labels(children);
    const { pid } = await client.welcome();
    process.kill(pid, 'SIGKILL');
    await until('the window notices', () => api.client.state !== 'connected');
    assert.deepEqual(labels(children), before);
    await signIn(client, lake, 'alice'); // the service that was killed held the token; a person would be asked, and no person is here
    await children.listing.refresh();
    assert.equal(children.listing.failure, undefined);
    assert.deepEqual(labels(children), before);
    assert.notEqual((await client.welcome()).pid, pid);
  });

  test('shows an instance that fails, with why and a way on, beside the one that works', async () => {
    const token = path.join(folder, 'token');
    fs.writeFileSync(token, 'no.real.token', { mode: 0o600 });
    const bad = { ...instanceOf(lake), name: 'bad', display_name: 'Bad', rucio_base_url: 'https://lake.test:1', oidc_auth: 'file', oidc_file_name: token };
    await vscode.workspace.getConfiguration().update(settings.instances, [instanceOf(lake), bad], vscode.ConfigurationTarget.Global);
    try {
      const node = await instanceNode('bad');
      await node.children.get();
      const note = await until('the failure', () => child(node.children, (one) => one.kind === 'note' && one.note === 'failed'));
      assert.ok(note.kind === 'note');
      assert.equal(note.failure?.kind, 'unreachable', note.failure?.what);
      const item = treeItem(note, { model: model(), statuses: api.explorer.statuses, sessions: new SessionStore() });
      assert.match(String(item.label), /^Failed: /);
      assert.match(item.contextValue ?? '', /retry/);
      assert.equal(item.command?.command, commands.retry);
      await vscode.commands.executeCommand(commands.retry, note);
      assert.equal(node.children.listing.failure?.kind, 'unreachable');
    } finally {
      await vscode.workspace.getConfiguration().update(settings.instances, [instanceOf(lake)], vscode.ConfigurationTarget.Global);
      await until('the one instance', () => model().instances().length === 1);
    }
  });

  test('a token that has ended: the row that asks for a sign-in says so', async () => {
    const token = path.join(folder, 'ended');
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    fs.writeFileSync(token, `${part({ alg: 'RS256' })}.${part({ sub: 'alice', exp: 1_000_000_000 })}.c2ln`, { mode: 0o600 });
    const ended = { ...instanceOf(lake), name: 'ended', display_name: 'Ended', oidc_auth: 'file', oidc_file_name: token };
    await vscode.workspace.getConfiguration().update(settings.instances, [instanceOf(lake), ended], vscode.ConfigurationTarget.Global);
    try {
      const node = await instanceNode('ended');
      await node.children.get();
      const note = await until('the row', () => child(node.children, (one) => one.kind === 'note' && one.note === 'failed'));
      const item = treeItem(note, { model: model(), statuses: api.explorer.statuses, sessions: new SessionStore() });
      assert.equal(item.label, 'Sign In…');
      assert.match(String(item.description), /^The token in .*ended has expired$/);
      assert.equal(item.command?.command, commands.signIn);
    } finally {
      await vscode.workspace.getConfiguration().update(settings.instances, [instanceOf(lake)], vscode.ConfigurationTarget.Global);
      await until('the one instance', () => model().instances().length === 1);
    }
  });

  test('says in the row what is wrong with a setting, to the eye and to a screen reader', async () => {
    await vscode.workspace.getConfiguration().update(settings.instances, [instanceOf(lake), instanceOf(lake)], vscode.ConfigurationTarget.Global);
    try {
      const note = await until('what is ignored', () => model().root.now().find((one) => one.kind === 'note' && one.note === 'problem'));
      const { label, description, accessibilityInformation } = treeItem(note, { model: model(), statuses: api.explorer.statuses, sessions: new SessionStore() });
      assert.match(String(label), /^Ignored: setting rucio\.instances/);
      assert.equal(description, 'The name "lake" is taken by an entry before this one. Give every instance its own name.');
      assert.equal(accessibilityInformation?.label, `${String(label)}. ${description} Enter opens the settings.`);
    } finally {
      await vscode.workspace.getConfiguration().update(settings.instances, [instanceOf(lake)], vscode.ConfigurationTarget.Global);
      await until('nothing is ignored', () => !model().root.now().some((one) => one.kind === 'note'));
    }
  });
});
