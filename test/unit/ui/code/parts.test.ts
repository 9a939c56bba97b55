// What the window's part of DIDs in code does by itself: which scopes are asked for and when, what a check finds, what a
// cell says, what a link is worth.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ServiceFailure } from '../../../../src/client/client.ts';
import type { DIDRow, Failure, Glance } from '../../../../src/protocol.ts';
import { cellText } from '../../../../src/ui/code/cellWords.ts';
import { check, MOST_CHECKED } from '../../../../src/ui/code/check.ts';
import { Glances, stateOf } from '../../../../src/ui/code/glances.ts';
import { KnownScopes } from '../../../../src/ui/code/scopes.ts';
import { didAddress, linkedDid, pressedDid } from '../../../../src/ui/links/address.ts';

const failure = (kind: Failure['kind']): ServiceFailure => new ServiceFailure({ kind, what: kind, next: '', actions: [] });

class Lake {
  readonly asked: string[] = [];
  scopes: readonly string[] | Failure['kind'] = ['test', 'user.alice'];
  lastWelcome: { readonly instances: readonly { readonly name: string }[] } | undefined = { instances: [{ name: 'lake' }] };
  readonly there = new Map<string, Partial<Glance['here']> & { state: string }>();
  kept: unknown;
  readonly request = async (type: { readonly method: string }, params: object): Promise<unknown> => {
    const did = 'did' in params ? params.did as { scope: string; name: string } : undefined;
    this.asked.push(`${type.method}${did ? ` ${did.scope}:${did.name}` : ''}${'quiet' in params && params.quiet === true ? ' quiet' : ''}`);
    if (type.method === 'scope/list') {
      if (typeof this.scopes === 'string') throw failure(this.scopes);
      return this.scopes;
    }
    const here = this.there.get(`${did?.scope}:${did?.name}`);
    if (!here) throw failure('notFound');
    if (type.method === 'did/glance') return { details: { ...did, type: 'DATASET', bytes: 1, length: 1, account: 'root' }, here: { ...did, type: 'DATASET', looked: '', ...here }, elsewhere: [] };
    return { ...did, type: 'DATASET', looked: 'thoroughly', ...here };
  };
  readonly stream = async (type: { readonly method: string }, _partial: unknown, params: (token: string) => object, onItems: (rows: readonly DIDRow[]) => void): Promise<unknown> => {
    const { name } = params('') as { name: string };
    this.asked.push(`${type.method} ${name}`);
    const fits = (one: string): boolean => (name.startsWith('*') ? one.endsWith(name.slice(1)) : one.startsWith(name.slice(0, -1)));
    onItems([...this.there.keys()].map((text) => text.slice(text.indexOf(':') + 1)).filter(fits).map((one) => ({ scope: 'test', name: one, type: 'DATASET', bytes: null, length: null })));
    return { more: false };
  };
}

function scopesOf(lake: Lake, now = () => 0): KnownScopes {
  return new KnownScopes({ client: lake as never, now, log: () => undefined, state: { get: () => lake.kept, update: async (_key, value) => { lake.kept = value; } } });
}
const nothingHeard = { stateOf: () => undefined };

describe('known scopes', () => {
  it('a window that met no lake asks nobody, and knows what was kept', async () => {
    const lake = new Lake();
    lake.lastWelcome = undefined;
    lake.kept = { lake: ['test'], wrong: 7, worse: [1] };
    const scopes = scopesOf(lake);
    await scopes.refresh();
    assert.deepEqual(lake.asked, []);
    assert.deepEqual([scopes.instanceOf('test'), scopes.instanceOf('other'), scopes.all()], ['lake', undefined, ['test']]);
  });

  it('lists once in ten minutes however many ask, quietly, and keeps it', async () => {
    const lake = new Lake();
    let now = 0;
    const scopes = scopesOf(lake, () => now);
    await Promise.all([scopes.refresh(), scopes.refresh(), scopes.refresh()]);
    await scopes.refresh();
    now = 599_000;
    await scopes.refresh();
    assert.deepEqual(lake.asked, ['scope/list quiet']);
    assert.deepEqual(lake.kept, { lake: ['test', 'user.alice'] });
    now = 600_001;
    await scopes.refresh();
    assert.equal(lake.asked.length, 2);
  });

  it('with nobody signed in it is asked again after a minute, or when somebody has signed in', async () => {
    const lake = new Lake();
    lake.scopes = 'signInNeeded';
    const scopes = scopesOf(lake);
    await scopes.refresh();
    await scopes.refresh();
    assert.equal(lake.asked.length, 1);
    lake.scopes = ['test'];
    scopes.forgetFailure('lake');
    await scopes.refresh();
    assert.equal(scopes.instanceOf('test'), 'lake');
  });
});

describe('a check', () => {
  const found = (...texts: string[]) => texts.map((text) => ({ scope: text.slice(0, text.indexOf(':')), name: text.slice(text.indexOf(':') + 1), start: 0, end: 0 }));
  async function run(lake: Lake, ...texts: string[]) {
    const scopes = scopesOf(lake);
    await scopes.refresh();
    lake.asked.length = 0;
    return check({ client: lake as never, scopes, glances: new Glances(lake as never), dids: nothingHeard }, found(...texts), { signal: new AbortController().signal });
  }

  it('finds what is missing, misspelt, in no scope, not here; and asks about nothing else', async () => {
    const lake = new Lake();
    lake.there.set('test:ds.raw', { state: 'available' });
    lake.there.set('test:ds.far', { state: 'notAvailable' });
    const { findings, checked, failed } = await run(lake, 'test:ds.raw', 'test:ds.rwa', 'tset:ds.raw', 'test:ds.far', 'http:x', 'test:ds.raw');
    assert.deepEqual([...findings].map(([text, finding]) => [text, finding.kind, 'near' in finding ? finding.near : finding.info.state]).sort(), [
      ['test:ds.far', 'state', 'notAvailable'], ['test:ds.rwa', 'missing', ['ds.raw']], ['tset:ds.raw', 'noScope', ['test']],
    ]);
    assert.deepEqual([checked, failed], [3, 0]);
    assert.ok(!lake.asked.some((asked) => /http|tset/.test(asked)), lake.asked.join());
    assert.equal(lake.asked.filter((asked) => asked.includes('test:ds.raw')).length, 1);
  });

  it('says what could not be looked up, and stops at its bound', async () => {
    const lake = new Lake();
    const many = Array.from({ length: MOST_CHECKED + 5 }, (_, i) => `test:d${i}`);
    for (const text of many) lake.there.set(text, { state: 'available' });
    const { checked, left } = await run(lake, ...many);
    assert.deepEqual([checked, left], [MOST_CHECKED, 5]);
    const broken = new Lake();
    Object.assign(broken, { request: async (type: { method: string }) => { if (type.method === 'scope/list') return ['test']; throw failure('unreachable'); } });
    const result = await run(broken, 'test:a');
    assert.deepEqual([result.failed, result.findings.size], [1, 0]);
  });
});

describe('a glance', () => {
  it('is kept for a moment; something heard of the DID forgets it', async () => {
    const lake = new Lake();
    lake.there.set('test:a', { state: 'available' });
    let now = 0;
    const glances = new Glances(lake as never, () => now);
    const ref = { instance: 'lake', scope: 'test', name: 'a' };
    await glances.at(ref);
    await glances.at(ref);
    assert.equal(lake.asked.length, 1);
    glances.forget(ref);
    await glances.at(ref);
    now = 20_001;
    await glances.at(ref);
    assert.equal(lake.asked.length, 3);
  });

  it('what was heard of a rule at work says more than that the data is not here; not that it is here', () => {
    const ref = { instance: 'lake', scope: 'test', name: 'a' };
    const glance = { details: { type: 'DATASET' }, here: { state: 'notAvailable' }, elsewhere: [] } as unknown as Glance;
    const heard = (state: string) => ({ stateOf: () => ({ state }) }) as never;
    assert.equal(stateOf(ref, glance, heard('replicating'))?.state, 'replicating');
    assert.equal(stateOf(ref, glance, heard('available'))?.state, 'notAvailable');
    assert.equal(stateOf(ref, { ...glance, here: { state: 'available' } } as never, heard('replicating'))?.state, 'available');
    assert.equal(stateOf(ref, { details: glance.details, elsewhere: [] }, heard('partly'))?.state, 'partly');
  });
});

describe('a cell', () => {
  it('says how many DIDs, and how many are not simply there', () => {
    assert.equal(cellText([{ text: 'a:b', state: 'Available' }, { text: 'a:c', state: 'Replicating 42 %' }]).short, '2 DIDs · 1 replicating');
    assert.equal(cellText([{ text: 'a:b', state: 'Available' }]).short, '1 DID · available');
    assert.equal(cellText([{ text: 'a:b', state: undefined }]).short, '1 DID');
    assert.equal(cellText([{ text: 'a:b', state: 'Partly available (3 of 8 files)' }, { text: 'a:c', state: 'not in the catalogue' }]).short, '2 DIDs · 1 partly available · 1 not in the catalogue');
  });
});

describe('a link to a DID', () => {
  it('comes back as it was, whatever the name, through an editor that decodes it once', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((text) => text.trim() === text && !/[\u0000-\u001f\u007f]/.test(text));
    fc.assert(fc.property(name, name, (instance, did) => {
      const address = new URL(didAddress('vscode', 'rucio.rucio-datalake', { instance, scope: 'test', name: did }));
      assert.deepEqual([address.host, address.pathname], ['rucio.rucio-datalake', '/did']);
      assert.deepEqual(linkedDid(decodeURIComponent(address.search.slice(1))), { instance, scope: 'test', name: did });
    }));
    assert.equal(didAddress('vscode', 'x.y', { instance: 'lake', scope: 'test', name: 'ds.raw' }), 'vscode://x.y/did?instance=lake&did=test:ds.raw');
  });

  it('that is none is said as such', () => {
    for (const query of ['', 'did=', 'did=test', 'did=test:', 'did=:x', 'instance=lake', 'did=test:a%0Ab', `did=test:${'x'.repeat(700)}`]) assert.ok('problem' in linkedDid(query), query);
    assert.deepEqual(linkedDid('did=test:100%'), { scope: 'test', name: '100%' });
  });

  it('in Markdown is taken as it stands, and whatever else comes from a notebook is none', () => {
    for (const address of ['rucio:test:a%20b', 'rucio://test:a%20b', 'RUCIO:test:a%20b', 'test:a%20b']) assert.deepEqual(pressedDid({ did: address }), { scope: 'test', name: 'a%20b' }, address);
    for (const message of [undefined, null, 7, 'rucio:test:a', {}, { did: 7 }, { did: '' }, { did: 'rucio:' }, { did: 'rucio:test' }, { did: 'rucio:test:a\nb' }, { did: `rucio:test:${'x'.repeat(700)}` }]) assert.ok('problem' in pressedDid(message), JSON.stringify(message));
  });
});
