// The manifest's check bites: a small extension whose manifest and code agree is clean, and each way of disagreeing is
// found. The same for words that no file may say.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { checkManifest } from '../../scripts/lint/manifest.ts';
import { wordsIn } from '../../scripts/lint/words.ts';

const CODE = `export const commands = { find: 'rucio.find', stop: 'rucio.stop' } as const;
export const views = { container: 'rucio', explore: 'rucio.explore' } as const;
export const settings = { instances: 'rucio.instances' } as const;
export const contextKeys = { ready: 'rucio.ready' } as const;
export const colors = { good: 'rucio.good' } as const;
export const renderers = { links: 'rucio.links' } as const;
`;
const REGISTER = `import { commands } from './contributions.ts';
declare const vscode: { commands: { registerCommand(id: string, run: () => void): void } };
vscode.commands.registerCommand(commands.find, () => undefined);
export const others = { [commands.stop]: () => undefined };
`;
const contributes = () => ({
  commands: [{ command: 'rucio.find', title: 'Find', enablement: 'rucio.ready && config.rucio.instances' }, { command: 'rucio.stop', title: 'Stop' }] as { command: string; title: string; enablement?: string }[],
  viewsContainers: { activitybar: [{ id: 'rucio', title: 'Rucio' }] },
  views: { rucio: [{ id: 'rucio.explore', name: 'Explore' }] },
  viewsWelcome: [{ view: 'rucio.explore', contents: '[Find](command:rucio.find)', when: '!rucio.ready' }],
  menus: { 'view/title': [{ command: 'rucio.find', when: 'view == rucio.explore' }] },
  configuration: { properties: { 'rucio.instances': {} } as Record<string, object> },
  colors: [{ id: 'rucio.good' }],
  notebookRenderer: [{ id: 'rucio.links' }],
});
type Contributes = ReturnType<typeof contributes>;

describe('manifest = code', () => {
  const folders: string[] = [];
  after(() => folders.forEach((folder) => fs.rmSync(folder, { recursive: true, force: true })));

  const problems = async (change: (manifest: Contributes) => void = () => undefined, code = CODE, register = REGISTER): Promise<string> => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'manifest-'));
    folders.push(folder);
    const manifest = contributes();
    change(manifest);
    fs.mkdirSync(path.join(folder, 'src', 'ui'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ type: 'module', contributes: manifest }));
    fs.writeFileSync(path.join(folder, 'src', 'ui', 'contributions.ts'), code);
    fs.writeFileSync(path.join(folder, 'src', 'ui', 'register.ts'), register);
    return (await checkManifest(folder)).problems.join('\n');
  };

  it('finds nothing when both agree', async () => assert.equal(await problems(), ''));
  it('finds a command that is not registered', async () =>
    assert.match(await problems(undefined, CODE, REGISTER.replace('registerCommand(commands.find', 'executeCommand(commands.find')), /^command rucio\.find is never registered/));
  it('finds a command that only the manifest has', async () =>
    assert.match(await problems((m) => m.commands.push({ command: 'rucio.extra', title: 'Extra' })), /^command rucio\.extra is in package\.json, but not in/));
  it('finds a command that only the code has', async () =>
    assert.match(await problems((m) => m.commands.pop()), /^command rucio\.stop is in src\/ui\/contributions\.ts, but not in package\.json/));
  it('finds a setting that the code does not know', async () =>
    assert.match(await problems((m) => { m.configuration.properties['rucio.unknown'] = {}; }), /^setting rucio\.unknown is in package\.json/));
  it('finds a view, a colour, a notebook renderer that the code does not know', async () => {
    assert.match(await problems((m) => m.views.rucio.push({ id: 'rucio.more', name: 'More' })), /^view or view container rucio\.more/);
    assert.match(await problems((m) => m.colors.push({ id: 'rucio.bad' })), /^colour rucio\.bad/);
    assert.match(await problems((m) => m.notebookRenderer.push({ id: 'rucio.other' })), /^notebook renderer rucio\.other/);
  });
  it('finds a clause that asks for a key nobody sets', async () =>
    assert.match(await problems((m) => m.menus['view/title'].push({ command: 'rucio.find', when: 'rucio.redy && !x' })), /menu view\/title: "rucio\.redy && !x" asks for rucio\.redy, which nobody sets/));
  it('finds a clause that asks for a setting that is not there', async () =>
    assert.match(await problems((m) => { m.commands.forEach((c) => { c.enablement = 'rucio.ready && config.rucio.other'; }); }), /asks for config\.rucio\.other/));
  it('finds a context key that no clause asks for', async () =>
    assert.match(await problems(undefined, CODE.replace("ready: 'rucio.ready'", "ready: 'rucio.ready', idle: 'rucio.idle'")), /context key rucio\.idle .* no clause/));
  it('finds a menu and a link that name no command', async () => {
    assert.match(await problems((m) => m.menus['view/title'].push({ command: 'rucio.gone', when: '' })), /names the command rucio\.gone/);
    assert.match(await problems((m) => { m.viewsWelcome.push({ view: 'rucio.explore', contents: '[x](command:rucio.gone)', when: '' }); }), /names the command rucio\.gone/);
  });
  it('finds an id written out in the code', async () =>
    assert.match(await problems(undefined, CODE, `${REGISTER}export const id = 'rucio.instances';\n`), /register\.ts:5 writes rucio\.instances out/));
});

describe('words', () => {
  // Put together, because this file is looked at, too.
  const host = ['registry.npmjs', 'org'].join('.');
  it('finds registry hosts and machine folders', () => {
    assert.equal(wordsIn('a', `see https://${host}/x`).length, 1);
    assert.equal(wordsIn('a', `cd ${['', 'work', 'main'].join('/')}`).length, 1);
    assert.equal(wordsIn('a', `HOME=${['', 'root', 'x'].join('/')}`).length, 1);
  });
  it('leaves other texts alone', () =>
    assert.deepEqual(wordsIn('a', 'root://lake.test:1094//data\nsrc/work/x.ts\n/eos/root/x\n/rootfs/x\nhttps://example.org/work/items'), []));
});
