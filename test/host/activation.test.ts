// What holds before anything is opened. This file's name puts it before the other tests of the host, which open things.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite, test } from 'mocha';
import * as vscode from 'vscode';
import { authentication, colors, commands, settings, views } from '../../src/ui/contributions.ts';
import { extensionUnderTest } from './extensionUnderTest.ts';

suite('The extension, just activated', () => {
  test('is in the manifest as in the code, and every command is registered', async () => {
    await extensionUnderTest().activate();
    const { contributes } = extensionUnderTest().packageJSON as { contributes: { commands: { command: string }[]; colors: { id: string }[]; views: { rucio: { id: string }[] }; configuration: { properties: object } } };
    const sorted = (ids: Iterable<string>) => [...ids].sort();
    assert.deepEqual(sorted(contributes.commands.map(({ command }) => command)), sorted(Object.values(commands)));
    assert.deepEqual(sorted(contributes.colors.map(({ id }) => id)), sorted(Object.values(colors)));
    assert.deepEqual(contributes.views.rucio.map(({ id }) => id), [views.explore, views.attached, views.rules, views.storage, views.transfers, views.scratch]);
    assert.deepEqual(sorted(Object.keys(contributes.configuration.properties)), sorted(Object.values(settings)));
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(Object.values(commands).filter((id) => !registered.has(id)), []);
  });

  test('contacts nothing and starts nothing before its view is visible', async () => {
    const api = await extensionUnderTest().activate();
    assert.deepEqual(await vscode.authentication.getAccounts(authentication.rucio), [], 'VS Code asks for accounts when it likes');
    await sleep(500);
    assert.equal(api.explorer.view.visible, false, 'another test opened the view before this one');
    assert.equal(api.client.state, 'idle');
    assert.equal(api.explorer.model.root.listing.asked, false);
    const files = fs.readdirSync(path.join(process.env['XDG_STATE_HOME'] ?? '', 'rucio-datalake'), { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
    assert.deepEqual(files.map(({ name }) => name), ['datalake'], 'only the command for terminals: no key, no address, no log of a service');
  });
});
