// What can be said in the dialogs of *Upload* and *Download* beside Enter, in a real extension host, on the real lake: names, metadata, containers, links,
// names that are taken; which files, the tape; where nothing is mounted; the limit on the speed while it runs.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { ServiceClient } from '../../src/client/client.ts';
import type { ForTests } from '../../src/extension.ts';
import * as protocol from '../../src/protocol.ts';
import type { DID, TransferInfo } from '../../src/protocol.ts';
import type { DidRef, UiContext } from '../../src/ui/context.ts';
import { commands, settings } from '../../src/ui/contributions.ts';
import { InstanceList } from '../../src/ui/instances.ts';
import { download } from '../../src/ui/transfers/download.ts';
import type { PlanDocuments } from '../../src/ui/transfers/planDocument.ts';
import { upload } from '../../src/ui/transfers/upload.ts';
import { instanceOf } from '../support/instance.ts';
import { addScope, rest, rows, token } from '../support/lake/client.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { ended } from './ended.ts';
import { extensionUnderTest, failsWith, windowClient } from './extensionUnderTest.ts';
import { Person, withEnter } from './person.ts';
import { told } from './told.ts';

const RSE = 'XRD1_SCRATCHDISK';
const SCOPE = 'uploads';

describe('dialogs of transfers', () => {
  let lake: LakeInfo;
  let client: ServiceClient;
  let api: ForTests;
  let person: Person;
  let ui: UiContext;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'host-dialogs-'));
  const unique = `d${Date.now().toString(36)}`;
  const documents = { show: async () => undefined } as unknown as PlanDocuments;
  const lifetime = '1 day';

  before(async () => {
    lake = await sharedLake();
    await addScope(lake, 'alice', SCOPE);
    client = await windowClient();
    api = extensionUnderTest().exports as ForTests;
    const { cert: certificate, key } = lake.accounts.alice.x509!;
    await client.request(protocol.signIn, { instance: 'lake', credentials: { method: 'x509', certificate, key } });
    person = new Person();
    ui = {
      client, extension: api.context, instances: new InstanceList(client), log: api.log,
      sessions: { onDidChange: () => ({ dispose: () => undefined }), get: () => ({ state: 'signedIn' }), set: () => undefined },
      dids: { pickAll: async (argument: DidRef) => [argument] },
    } as unknown as UiContext;
    await api.context.globalState.update('rucio.lastUpload.lake', undefined);
  });
  after(async () => {
    person.leave();
    await vscode.workspace.getConfiguration().update(settings.instances, [instanceOf(lake)], vscode.ConfigurationTarget.Global);
    fs.rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => person.escapes());

  function file(name: string, content: string | Buffer): string {
    const at = path.join(folder, name);
    fs.mkdirSync(path.dirname(at), { recursive: true });
    fs.writeFileSync(at, content);
    return at;
  }
  async function last(kind: TransferInfo['kind']): Promise<TransferInfo> {
    const [newest] = (await client.request(protocol.listTransfers, {})).filter((one) => one.kind === kind).sort((a, b) => b.made - a.made);
    return newest ?? assert.fail('there is none');
  }
  const filesOf = async (id: string): Promise<string> => JSON.stringify(await client.request(protocol.transferFiles, { id, limit: 20 }));
  const content = async ({ scope, name }: DID): Promise<string[]> => rows<DID>(await rest(lake, await token(lake, 'alice'), 'GET', `/dids/${scope}/${name}/dids`)).map((row) => row.name).sort();

  /** All answers for a folder of files into no dataset, up to what is shown last. */
  async function toPreview(name: string, prefix: string): Promise<{ readonly end: Promise<unknown> }> {
    const end = upload(ui, documents, vscode.Uri.file(path.join(folder, name)), undefined);
    end.catch(() => undefined);
    await person.chooses(/To which storage/, new RegExp(`^${RSE} · `));
    await person.chooses(/Under which scope/, new RegExp(`^${SCOPE}$`));
    await person.chooses(/Into a dataset/, /^No dataset · /);
    await person.types(/For how long/, lifetime);
    await person.chooses(/How are files in folders called/, /^Names of the files/);
    await person.types(/What stands before each name/, prefix);
    return { end };
  }

  it('Upload: a folder into a new container, with names of folders, metadata, and one file under another name', async function () {
    this.timeout(120_000);
    for (const name of ['run1/a.root', 'run1/b.root', 'run2/a.root']) file(`tree/${name}`, `${unique} ${name}`);
    const going = upload(ui, documents, vscode.Uri.file(path.join(folder, 'tree')), undefined);
    await person.chooses(/To which storage/, new RegExp(`^${RSE} · `));
    await person.chooses(/Under which scope/, new RegExp(`^${SCOPE}$`));
    await person.chooses(/Into a dataset/, new RegExp(`^${unique}\\.cont · a new container`), `${unique}.cont`);
    going.catch(() => undefined);
    await person.types(/For how long/, lifetime);
    await person.chooses(/How are files in folders called/, /^Names of the folders, too/);
    await person.types(/What stands before each name/, `${unique}.`);
    await person.chooses(/Enter on the first row uploads/, /Metadata… · none/);
    await person.types(/^Metadata of the container/, 'campaign=autumn, run=7');
    await person.chooses(/Enter on the first row uploads/, /tree_run2_a\.root · /);
    await person.types(/^Name of .*a\.root in the lake/, `${unique}.another.root`);
    const rowsOfPlan = await person.reads(/Enter on the first row uploads/);
    assert.match(rowsOfPlan[0]!, new RegExp(`^Upload 3 files .* to ${RSE}`));
    assert.ok(rowsOfPlan.some((row) => row.includes(`${SCOPE}:${unique}.another.root`)), rowsOfPlan.join('\n'));
    assert.ok(rowsOfPlan.some((row) => /Metadata… · campaign=autumn, run=7/.test(row)), rowsOfPlan.join('\n'));
    await person.chooses(/Enter on the first row uploads/, /^Upload 3 files/);
    await going;
    const done = await ended(client, (await last('upload')).id);
    assert.deepEqual([done.state, done.files.done], ['done', 3], await filesOf(done.id));
    const collection = { scope: SCOPE, name: `${unique}.cont` };
    const datasets = await content(collection);
    assert.equal(datasets.length, 2, 'a dataset for each folder');
    const names = (await Promise.all(datasets.map((name) => content({ scope: SCOPE, name })))).flat().sort();
    assert.deepEqual(names, [`${unique}.another.root`, `${unique}.tree_run1_a.root`, `${unique}.tree_run1_b.root`].sort());
    const meta = JSON.parse((await rest(lake, await token(lake, 'alice'), 'GET', `/dids/${SCOPE}/${unique}.cont/meta?plugin=ALL`)).text) as Readonly<Record<string, unknown>>;
    assert.equal(meta['campaign'], 'autumn');
  });

  it('Upload: links out of the folder are asked about; names that mean another file are numbered, and what is there not touched', async function () {
    this.timeout(120_000);
    const outside = file('outside.bin', randomBytes(100));
    file('links/x.bin', 'first content');
    fs.symlinkSync(outside, path.join(folder, 'links', 'link.bin'));
    await api.context.globalState.update('rucio.lastUpload.lake', { rse: RSE, scope: SCOPE, dataset: '', lifetime, prefix: `${unique}l.`, names: 'flat' });
    const through = async (go: () => Promise<void>): Promise<TransferInfo> => {
      const going = await toPreview('links', `${unique}l.`);
      await go();
      await going.end;
      return ended(client, (await last('upload')).id);
    };
    const first = await through(async () => {
      await person.chooses(/1 link leads out of the folder/, /^Follow them/);
      await person.chooses(/Enter on the first row uploads/, /^Upload 2 files/);
    });
    assert.equal(first.files.done, 2, await filesOf(first.id));
    file('links/x.bin', 'second content');
    const second = await through(async () => {
      await person.chooses(/1 link leads out of the folder/, /^Leave them out/);
      await person.chooses(/1 name means another file in the lake already/, /^Number their names/);
      const plan = await person.reads(/Enter on the first row uploads/);
      assert.ok(plan.some((row) => row.includes(`${SCOPE}:${unique}l.x_2.bin`)), plan.join('\n'));
      assert.ok(plan.some((row) => /Links out of the folder · are left out/.test(row)), plan.join('\n'));
      await person.chooses(/Enter on the first row uploads/, /^Upload 1 file /);
    });
    assert.equal(second.files.done, 1, await filesOf(second.id));
    const old = await client.request(protocol.getDid, { instance: 'lake', did: { scope: SCOPE, name: `${unique}l.x.bin` } });
    assert.equal(old.bytes, 'first content'.length);
  });

  it('Upload: who is signed in by a password may sign in another way from where that is said', async function () {
    this.timeout(120_000);
    file('way/one.bin', unique);
    const { account, userpass, x509 } = lake.accounts.alice;
    const signIn = (credentials: protocol.Credentials): Promise<unknown> => client.request(protocol.signIn, { instance: 'lake', credentials });
    await signIn({ method: 'userpass', ...userpass, account });
    const { end } = await toPreview('way', `${unique}w.`);
    const way = /^\$\(sign-in\) Sign in another way… · certificate, OpenID/;
    assert.match((await person.reads(/^This can’t be uploaded so/)).join('\n'), /does not let you do this[^]*Most storages do not know a password/);
    await person.chooses(/^This can’t be uploaded so/, way);
    // The extension's own box asks how; meanwhile somebody signs in by a certificate.
    await signIn({ method: 'x509', certificate: x509!.cert, key: x509!.key });
    await sleep(1000);
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    assert.ok((await person.reads(/Enter on the first row uploads/)).every((row) => !way.test(row)), 'the storage knows a certificate');
    await person.chooses(/Enter on the first row uploads/, /^Upload 1 file /);
    await end;
    assert.equal((await ended(client, (await last('upload')).id)).files.done, 1);
  });

  it('Upload: no quota anywhere, a tab that was never saved, and a file that is gone are said in words, and are no bug of ours', async () => {
    const poor = { ...ui, client: { request: async (type: { readonly method: string }, ...more: readonly unknown[]) => (type.method === protocol.uploadTargets.method ? [] : client.request(type as never, ...more as [never])) } } as unknown as UiContext;
    await assert.rejects(upload(poor, documents, vscode.Uri.file(file('poor.bin', 'x')), undefined), failsWith('quota'));
    const gone = await told(() => vscode.commands.executeCommand(commands.upload, vscode.Uri.file(path.join(folder, 'nothing here'))));
    assert.deepEqual(gone.map(({ look, text }) => [look, text]), [['warning', `${path.join(folder, 'nothing here')} is not there any more. Choose what is there and may be read.`]]);
    const unsaved = await told(() => vscode.commands.executeCommand(commands.upload, vscode.Uri.parse('untitled:Untitled-1')));
    assert.deepEqual(unsaved.map(({ look, text, buttons }) => [look, text, buttons]), [['warning', 'Untitled-1 is not a file of this machine. Save it, then upload that.', []]]);
  });

  it('Download: chosen files of a dataset, and those that fit a pattern', async function () {
    this.timeout(120_000);
    const dataset = { scope: SCOPE, name: `${unique}.ds` };
    const paths = ['a.root', 'b.root', 'c.txt'].map((name) => file(`ds/${name}`, `${unique} ${name}`));
    const { id } = await client.request(protocol.upload, { instance: 'lake', wish: { paths, rse: RSE, scope: SCOPE, prefix: `${unique}d.`, names: 'flat', lifetime: 3600, dataset } });
    assert.equal((await ended(client, id)).files.done, 3, await filesOf(id));
    const ref: DidRef = { instance: 'lake', ...dataset, type: 'DATASET' };
    const chosen = path.join(folder, 'chosen');
    let going = download(ui, documents, ref, undefined);
    going.catch(() => undefined);
    await person.cantChoose(/Into which folder/, /data · is no full path: begin it with/, 'data');
    await person.chooses(/Into which folder/, /chosen · as typed$/, chosen);
    await person.chooses(/Which files\?$/, /^Choose files…/);
    await person.marks(/Space marks/, /(a\.root|c\.txt) · /);
    await person.chooses(/Enter on the first row fetches/, /^Download 2 files/);
    await going;
    assert.equal((await ended(client, (await last('download')).id)).files.done, 2);
    assert.deepEqual(fs.readdirSync(path.join(chosen, dataset.name)).sort(), [`${unique}d.a.root`, `${unique}d.c.txt`]);

    const fitting = path.join(folder, 'fitting');
    going = download(ui, documents, ref, undefined);
    going.catch(() => undefined);
    await person.chooses(/Into which folder/, /fitting · as typed$/, fitting);
    await person.chooses(/Which files\?$/, /^Files whose names fit a pattern/);
    await person.types(/Which names\?/, '*.root');
    await person.chooses(/Enter on the first row fetches/, /^Download 2 files/);
    await going;
    assert.equal((await ended(client, (await last('download')).id)).files.done, 2);
    assert.deepEqual(fs.readdirSync(path.join(fitting, dataset.name)).sort(), [`${unique}d.a.root`, `${unique}d.b.root`]);
  });

  it('Download from tape: asked about, and what is left out is left out', async function () {
    this.timeout(120_000);
    const [scope = '', name = ''] = lake.seed.dids.tape.split(':');
    const going = download(ui, documents, { instance: 'lake', scope, name, type: 'DATASET' }, undefined);
    going.catch(() => undefined);
    await person.chooses(/Into which folder/, /tape · as typed$/, path.join(folder, 'tape'));
    await person.chooses(/Which files\?$/, /^All files/);
    await person.chooses(/on tape only$/, /^Leave them out/);
    const plan = await person.reads(/Enter on the first row fetches/);
    assert.ok(plan.some((row) => /on tape only · left out/.test(row)), plan.join('\n'));
    await person.chooses(/Enter on the first row fetches/, /^Download /);
    await going;
    const done = await ended(client, (await last('download')).id);
    assert.ok(done.files.skipped > 0 && done.files.failed === 0, await filesOf(done.id));
    assert.match(await filesOf(done.id), /left out: it is on tape only/);
  });

  it('Make Available where nothing is mounted is Download', async function () {
    this.timeout(120_000);
    const at = file('unmounted.bin', randomBytes(5000));
    const { id } = await client.request(protocol.upload, { instance: 'lake', wish: { paths: [at], rse: RSE, scope: SCOPE, prefix: `${unique}m.`, names: 'flat', lifetime: 3600 } });
    assert.equal((await ended(client, id)).files.done, 1, await filesOf(id));
    const to = path.join(folder, 'instead');
    await api.context.workspaceState.update('rucio.lastDownloadFolder', to);
    const { destination_rse: _destination, rse_mount_path: _mount, path_begins_at: _begins, ...plain } = instanceOf(lake);
    await vscode.workspace.getConfiguration().update(settings.instances, [{ ...plain, mode: 'download' }], vscode.ConfigurationTarget.Global);
    for (let n = 0; n < 100 && (await client.welcome()).instances[0]?.mode !== 'download'; n++) await sleep(100);
    const { cert: certificate, key } = lake.accounts.alice.x509!;
    await client.request(protocol.signIn, { instance: 'lake', credentials: { method: 'x509', certificate, key } });
    try {
      await withEnter(vscode.commands.executeCommand(commands.makeAvailable, { instance: 'lake', scope: SCOPE, name: `${unique}m.unmounted.bin`, type: 'FILE' }));
      const { id: fetched } = await last('download');
      assert.equal((await ended(client, fetched)).files.done, 1, await filesOf(fetched));
      assert.ok(fs.readFileSync(path.join(to, SCOPE, `${unique}m.unmounted.bin`)).equals(fs.readFileSync(at)));
    } finally {
      await vscode.workspace.getConfiguration().update(settings.instances, [instanceOf(lake)], vscode.ConfigurationTarget.Global);
    }
  });

  it('the limit on the speed holds at once for what runs, and its end, too', async function () {
    this.timeout(120_000);
    const configuration = vscode.workspace.getConfiguration();
    await configuration.update(settings.throttle, 1, vscode.ConfigurationTarget.Global);
    try {
      const at = file('slow.bin', randomBytes(60_000_000));
      const { id } = await client.request(protocol.upload, { instance: 'lake', wish: { paths: [at], rse: RSE, scope: SCOPE, prefix: `${unique}s.`, names: 'flat', lifetime: 3600 } });
      await sleep(4000);
      const slow = (await client.request(protocol.listTransfers, {})).find((one) => one.id === id)!;
      // A minute's worth: faster it would be done long ago.
      assert.equal(slow.state, 'running');
      assert.ok(slow.bytes.done < 20_000_000, JSON.stringify(slow));
      await configuration.update(settings.throttle, undefined, vscode.ConfigurationTarget.Global);
      const began = Date.now();
      assert.equal((await ended(client, id)).files.done, 1, await filesOf(id));
      assert.ok(Date.now() - began < 35_000, 'the rest at a MB a second would take longer');
    } finally {
      await configuration.update(settings.throttle, undefined, vscode.ConfigurationTarget.Global);
    }
  });
});
