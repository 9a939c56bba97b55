// *Make Available* and the rule page in a real extension host, on the real lake.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { ServiceClient } from '../../src/client/client.ts';
import * as protocol from '../../src/protocol.ts';
import type { DidRef, UiContext } from '../../src/ui/context.ts';
import { commands, panels } from '../../src/ui/contributions.ts';
import { Signal } from '../../src/ui/signal.ts';
import { RulePanel } from '../../src/ui/ruleStatus/panel.ts';
import { adler32 } from '../support/adler32.ts';
import { signIn } from '../support/instance.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { extensionUnderTest, windowClient } from './extensionUnderTest.ts';
import { withEnter } from './person.ts';

const OLDEST = vscode.version.startsWith('1.105.');

describe('rules', () => {
  let lake: LakeInfo;
  let client: ServiceClient;

  before(async () => {
    lake = await sharedLake();
    client = await windowClient();
    await signIn(client, lake, 'alice');
  });
  afterEach(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  const ref = (did: string, at = did.indexOf(':')): DidRef => ({ instance: 'lake', scope: did.slice(0, at), name: did.slice(at + 1) });
  const tabs = () => vscode.window.tabGroups.all.flatMap((group) => group.tabs).filter(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith(panels.rule));


  it('Make Available, Enter: the file is here, whole, at the path that is copied', async function () {
    this.timeout(90_000);
    // Each editor takes another one: what the first has brought stays here. Names that are easily broken on their way.
    const far = lake.seed.odd.filter(({ did, transfers }) => transfers && did.endsWith('.far.txt'));
    const odd = far[OLDEST ? 0 : 1] ?? assert.fail('there is no such file');
    const did = ref(odd.did);
    await withEnter(vscode.commands.executeCommand(commands.makeAvailable, did));
    await vscode.commands.executeCommand(commands.copyPath, did);
    const file = await vscode.env.clipboard.readText();
    const bytes = fs.readFileSync(file);
    assert.equal(bytes.length, odd.bytes);
    assert.equal(adler32(bytes), odd.adler32);
    const rule = await client.request(protocol.ruleOf, { instance: 'lake', did: { scope: did.scope, name: did.name } });
    assert.equal(rule?.state, 'OK');
    const days = (Date.parse(rule?.expires_at ?? '') - Date.now()) / 86_400_000;
    assert.ok(days > 6.9 && days <= 7.01, `${days} days`);
  });

  it('again: takes the rule that is there, and makes no second one', async () => {
    const did = ref(lake.seed.dids.available);
    const before = await client.request(protocol.ruleOf, { instance: 'lake', did: { scope: did.scope, name: did.name } });
    await withEnter(vscode.commands.executeCommand(commands.makeAvailable, did));
    const after = await client.request(protocol.ruleOf, { instance: 'lake', did: { scope: did.scope, name: did.name } });
    assert.equal(after?.id, before?.id);
  });

  it('over the quota, Enter leaves: no rule is made', async () => {
    const did = ref(lake.seed.dids['over-quota']);
    await withEnter(vscode.commands.executeCommand(commands.makeAvailable, did));
    assert.equal(await client.request(protocol.ruleOf, { instance: 'lake', did: { scope: did.scope, name: did.name } }), null);
  });

  it('Create Rule by Enter alone: as the instance says, and remembered; Escape makes none', async function () {
    this.timeout(90_000);
    // Each editor takes another one: a second rule of the same kind is refused.
    const did = ref(lake.seed.dids[OLDEST ? 'fits' : 'metadata']);
    const rules = () => client.request(protocol.listDidRules, { instance: 'lake', did: { scope: did.scope, name: did.name } });
    const before = new Set((await rules()).map(({ id }) => id));
    const mine = async () => (await rules()).filter(({ id }) => !before.has(id));
    const left = vscode.commands.executeCommand(commands.createRule, did);
    await sleep(1500);
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    await left;
    assert.deepEqual(await mine(), []);
    await withEnter(vscode.commands.executeCommand(commands.createRule, did));
    const [rule, ...more] = await mine();
    assert.ok(rule && more.length === 0);
    assert.deepEqual([rule.rse_expression, rule.copies, rule.grouping, rule.activity, rule.priority], ['EULAKE-1', 1, 'DATASET', 'User Subscriptions', 3]);
    const days = (Date.parse(rule.expires_at ?? '') - Date.now()) / 86_400_000;
    assert.ok(days > 6.9 && days <= 7.01, `${days} days`);

    await vscode.commands.executeCommand(commands.copyRuleId, { instance: 'lake', id: rule.id });
    assert.equal(await vscode.env.clipboard.readText(), rule.id);
    await vscode.commands.executeCommand(commands.copyRuleCommand, { instance: 'lake', id: rule.id });
    assert.equal(await vscode.env.clipboard.readText(), `rucio rule show ${rule.id}`);
    await vscode.commands.executeCommand(commands.copyRuleJson, { instance: 'lake', ruleId: rule.id });
    assert.equal((JSON.parse(await vscode.env.clipboard.readText()) as protocol.Rule).id, rule.id);
    await withEnter(vscode.commands.executeCommand(commands.changeRulePriority, { instance: 'lake', id: rule.id }));
    assert.equal((await mine())[0]?.priority, 3);
    await client.request(protocol.actOnRule, { instance: 'lake', id: rule.id, action: { do: 'lifetime', seconds: 1 } });
  });

  it('Show Rule opens one page for a rule, however often, and none where there is no rule', async () => {
    const { id, did } = lake.seed.rules.stuck;
    await vscode.commands.executeCommand(commands.showRule, ref(did));
    await until(() => tabs().some(({ label }) => label === `Rule: ${did}`), 'the page has its title');
    await vscode.commands.executeCommand(commands.showRule, { instance: 'lake', ruleId: id });
    assert.equal(tabs().length, 1);
    await vscode.commands.executeCommand(commands.showRule, { instance: 'lake', ruleId: lake.seed.rules.ok.id });
    await until(() => tabs().length === 2, 'a page of its own for another rule');
    await vscode.commands.executeCommand(commands.showRule, ref(lake.seed.dids.nowhere));
    assert.equal(tabs().length, 2);
  });

  it('the page runs under its policy, and says so', async () => {
    const panel = vscode.window.createWebviewPanel('test.rule', 'Rule', vscode.ViewColumn.Active, {});
    const heard: unknown[] = [];
    panel.webview.onDidReceiveMessage((message) => heard.push(message));
    const quiet: UiContext['sessions'] = { onDidChange: () => ({ dispose: () => undefined }), get: () => undefined, set: () => undefined };
    const ui = { client, extension: { extensionUri: extensionUnderTest().extensionUri }, sessions: quiet, instances: { get: () => undefined }, ruleChanges: new Signal(), log: { warn: () => undefined } } as unknown as UiContext;
    const { id } = lake.seed.rules.ok;
    let disposed = false;
    new RulePanel(ui, panel, { instance: 'lake', ruleId: id, heading: '' }, () => { disposed = true; });
    const { html } = panel.webview;
    assert.match(html, /default-src 'none'; script-src 'nonce-[0-9a-f]{32}'; style-src [^;"]+ 'nonce-[0-9a-f]{32}';"/);
    assert.ok(!/unsafe|\son\w+=|\sstyle=|<style/.test(html));
    assert.equal(html.match(/<script/g)?.length, 1);
    await until(() => heard.some((message) => typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready'), 'the page’s script ran');
    await until(() => panel.title === `Rule: ${lake.seed.rules.ok.did}`, 'the rule is known');
    panel.dispose();
    assert.ok(disposed);
  });

  it('the status of the service is a document without a secret', async () => {
    await vscode.commands.executeCommand(commands.showServiceStatus);
    const text = vscode.window.activeTextEditor?.document.getText() ?? '';
    const status = JSON.parse(text) as protocol.ServiceStatus;
    assert.equal(status.sessions.find(({ instance }) => instance === 'lake')?.account, 'alice');
    assert.ok(!text.includes(lake.accounts.alice.userpass.password));
    assert.equal(vscode.window.activeTextEditor?.document.languageId, 'json');
  });
});

async function until(done: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !done(); tries++) {
    assert.ok(tries < 200, `not within 20 s: ${what}`);
    await sleep(100);
  }
}

