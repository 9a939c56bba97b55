// The extension in a host with exactly a pod's environment and files: not one setting, not one command of ours, nobody
// asked; and the token file replaced while a list comes in.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { ForTests } from '../../../src/extension.ts';
import * as protocol from '../../../src/protocol.ts';
import type { SessionInfo } from '../../../src/protocol.ts';
import { settings, views } from '../../../src/ui/contributions.ts';
import type { Children, ExplorerNode, InstanceNode } from '../../../src/ui/explorer/nodes.ts';
import { treeItem } from '../../../src/ui/explorer/treeItems.ts';
import { SessionStore } from '../../../src/ui/sessions.ts';
import { rucioClient } from '../../support/lake/install.ts';
import { sharedLake } from '../../support/lake/shared.ts';
import { podToken } from '../../support/pod.ts';
import { extensionUnderTest } from '../extensionUnderTest.ts';

async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  const end = Date.now() + 20_000;
  for (;;) {
    const seen = look();
    if (seen) return seen;
    assert.ok(Date.now() < end, `not within 20 s: ${what}`);
    await sleep(50);
  }
}

/** What the environment calls `escape` is Jupyter's `remote`: one server, one instance. */
const LAKE = 'remote';

describe('in a pod', () => {
  let api: ForTests;
  let folder: string;
  const child = (children: Children, fits: (node: ExplorerNode) => boolean): ExplorerNode | undefined => children.now().find(fits);
  const instance = (name: string): Promise<InstanceNode> => until(`the instance ${name}`, () => api.explorer.model.instances().find((one) => one.instance === name));

  async function scopesOf(name: string, mine: boolean): Promise<Children> {
    const node = await instance(name);
    await node.children.get();
    const scopes = await until(`the scopes of ${name}`, () => child(node.children, (one) => one.kind === 'scopes' && one.mine === mine));
    assert.ok(scopes.kind === 'scopes');
    await scopes.children.get();
    await scopes.children.listing.settled;
    return scopes.children;
  }

  async function open(name: string, scope: string): Promise<Children> {
    const scopes = await scopesOf(name, false);
    const found = child(scopes, (one) => one.kind === 'scope' && one.scope === scope);
    assert.ok(found?.kind === 'scope', `no scope ${scope}`);
    return found.children;
  }

  function isAlice(whoami: string): void {
    assert.match(whoami, /account\s*[:|]\s*alice/, whoami);
    assert.ok(!process.env['RUCIO_ACCOUNT'] && !process.env['RUCIO_CONFIG'], 'the pod itself says nothing of the account: that is ours');
  }

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pod-'));
    // What a person does: a click on our icon.
    await vscode.commands.executeCommand(`${views.explore}.focus`);
    api = await extensionUnderTest().activate();
  });

  after(() => fs.rmSync(folder, { recursive: true }));

  it('has no setting of ours', () => {
    const { globalValue, workspaceValue } = vscode.workspace.getConfiguration().inspect(settings.instances) ?? {};
    assert.deepEqual([globalValue, workspaceValue], [undefined, undefined]);
  });

  it('browses: the pod’s lake is there, signed in, down to the files of a dataset', async () => {
    const lake = await sharedLake();
    const did = lake.seed.dids.available;
    const [scope, name] = [did.slice(0, did.indexOf(':')), did.slice(did.indexOf(':') + 1)];
    const mine = await scopesOf(LAKE, true);
    assert.ok(mine.now().some((node) => node.kind === 'scope' && node.scope === 'user.alice')); // other tests add scopes of hers
    const dids = await open(LAKE, scope);
    await dids.get();
    await dids.listing.settled;
    const dataset = child(dids, (one) => one.kind === 'did' && one.row.name === name);
    assert.ok(dataset?.kind === 'did' && dataset.children);
    await dataset.children.get();
    await dataset.children.listing.settled;
    assert.ok(dataset.children.now().some((one) => one.kind === 'did' && one.row.type === 'FILE'));
  });

  it('has all instances of the pod; the one that can’t be read says why', async () => {
    for (const [name, owner] of [['remote', 'alice'], ['local', 'bob']] as const) {
      const mine = (await scopesOf(name, true)).now().flatMap((node) => (node.kind === 'scope' && node.scope.startsWith('user.') ? node.scope : []));
      assert.deepEqual(mine, [`user.${owner}`]);
    }
    const problem = child(api.explorer.model.root, (one) => one.kind === 'note' && one.note === 'problem');
    assert.ok(problem?.kind === 'note');
    assert.match(problem.problem?.problem ?? '', /"broken" is left out: .*status 503/);
    const item = treeItem(problem, { model: api.explorer.model, statuses: api.explorer.statuses, sessions: new SessionStore() });
    assert.match(String(item.label), /^Ignored: .*RucioConfig\.instances\[2\]/);
  });

  it('signs the real rucio client in, in a terminal that is opened', async () => {
    const out = path.join(folder, 'terminal');
    await until('terminals have the account', () => api.programs.state.environment?.account === 'alice');
    const terminal = vscode.window.createTerminal({ name: 'rucio', shellPath: '/bin/bash', shellArgs: ['--norc', '--noprofile'] });
    try {
      terminal.sendText(`${rucioClient} whoami > ${out} 2>&1 < /dev/null; touch ${out}.done`);
      await until('rucio whoami ended', () => fs.existsSync(`${out}.done`));
    } finally {
      terminal.dispose();
    }
    isAlice(fs.readFileSync(out, 'utf8'));
  }).timeout(60_000);

  it('signs it in in a task, too', async () => {
    const out = path.join(folder, 'task');
    const execution = new vscode.ShellExecution(`${rucioClient} whoami > ${out} 2>&1 < /dev/null`, { executable: '/bin/bash', shellArgs: ['--norc', '--noprofile', '-c'] });
    const task = new vscode.Task({ type: 'shell' }, vscode.TaskScope.Workspace, 'who am I', 'test', execution);
    const ended = new Promise<number | undefined>((resolve) => {
      const listening = vscode.tasks.onDidEndTaskProcess(({ execution: { task: { name } }, exitCode }) => {
        if (name !== task.name) return;
        listening.dispose();
        resolve(exitCode);
      });
    });
    await vscode.tasks.executeTask(task);
    const code = await ended;
    isAlice(fs.readFileSync(out, 'utf8'));
    assert.equal(code, 0);
  }).timeout(60_000);

  it('takes a token file that is replaced while a list comes in; nothing is asked, nothing lost', async () => {
    const file = process.env['DATALAKE_POD_TOKEN_FILE'] ?? assert.fail('not in a pod');
    const heard: SessionInfo[] = [];
    api.client.on(protocol.sessionChanged, (info) => heard.push(info));
    const before = (await api.client.welcome()).sessions.find(({ instance: name }) => name === LAKE);
    const dids = await open(LAKE, 'test');
    const listing = dids.get();
    const next = await podToken(await sharedLake(), 7200);
    fs.writeFileSync(`${file}.new`, next, { mode: 0o600 });
    fs.renameSync(`${file}.new`, file);
    await listing;
    await dids.listing.settled;
    assert.equal(dids.listing.failure, undefined);
    const rows = dids.listing.size;
    await until('the new token is in use', () => heard.some((info) => info.instance === LAKE && (info.expiresAt ?? 0) > (before?.expiresAt ?? 0) + 3_600_000));
    await dids.listing.refresh();
    assert.deepEqual([dids.listing.failure, dids.listing.size], [undefined, rows]);
    assert.ok(heard.every(({ state }) => state === 'signedIn'));
  });
});
