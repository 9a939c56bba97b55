// The state behind the tree: what is asked, when, and what stands there meanwhile.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ExplorerModel } from '../../../../src/ui/explorer/model.ts';
import type { BranchNode, Children, DidNode, ExplorerNode } from '../../../../src/ui/explorer/nodes.ts';
import { SessionStore } from '../../../../src/ui/sessions.ts';
import { ServiceFailure } from '../../../../src/client/client.ts';
import { FakeLake, failure, instanceOf, rowOf, settle } from './fakeLake.ts';

const nameOf = (node: ExplorerNode): string => {
  switch (node.kind) {
    case 'instance': return node.instance;
    case 'scopes': return node.mine ? 'My Scopes' : 'All Scopes';
    case 'scope': return node.scope;
    case 'results': return `Search: ${node.text}`;
    case 'did': return node.row.name;
    case 'note': return `(${node.note})`;
  }
};
const names = (children: Children): string[] => children.now().map(nameOf);

function build(lake = new FakeLake(), page = 3) {
  const sessions = new SessionStore();
  const model = new ExplorerModel(lake.asClient, sessions, { page });
  /** Opens a branch as VS Code does. */
  const open = async (path: readonly string[]): Promise<BranchNode> => {
    let children = model.root;
    let node: ExplorerNode | undefined;
    for (const name of path) {
      await children.get();
      node = children.now().find((one) => nameOf(one) === name);
      assert.ok(node && node.kind !== 'note' && node.children, `${name} is not among ${names(children)}`);
      model.expanded.add(node.id);
      children = node.children;
    }
    return node as BranchNode;
  };
  const scope = async (name = 'test') => {
    const node = await open(['lake', 'All Scopes', name]);
    const children = node.children as Children;
    const shown = children.get();
    await settle();
    return { node, children, shown };
  };
  return { lake, sessions, model, open, scope };
}

describe('the tree', () => {
  it('asks nobody anything until it is looked at', async () => {
    const { lake } = build();
    await settle();
    assert.deepEqual(lake.calls, []);
  });

  it('goes from the instance over the scopes to the DIDs, asking only for what is opened', async () => {
    const { lake, model, open } = build();
    await model.root.get();
    assert.deepEqual(lake.calls, ['welcome']);
    assert.deepEqual(names((await open(['lake'])).children as Children), []);
    const all = (await open(['lake', 'All Scopes'])).children as Children;
    await all.get();
    assert.deepEqual(names(all), ['atlas', 'test', 'user.jdoe']);
    assert.deepEqual(lake.calls, ['welcome', 'session/signIn', 'scope/list']);
    const mine = (await open(['lake', 'My Scopes'])).children as Children;
    await mine.get();
    assert.deepEqual(names(mine), ['user.jdoe']);
  });

  it('shows rows as they come, sorted, and keeps each node over a refresh', async () => {
    const { lake, scope } = build();
    const { children, shown } = await scope();
    lake.last.rows([rowOf('b10'), rowOf('b9')]);
    await shown;
    assert.deepEqual(names(children), ['b9', 'b10']);
    lake.last.rows([rowOf('c', 'CONTAINER')]);
    await lake.last.end();
    assert.deepEqual(names(children), ['c', 'b9', 'b10']);
    const before = children.now();
    void children.listing.refresh();
    assert.deepEqual(names(children), ['c', 'b9', 'b10'], 'what is shown stays while it is asked again');
    lake.last.rows([rowOf('b9')]);
    lake.last.rows([rowOf('c', 'CONTAINER')]);
    assert.equal(children.now().length, 3);
    await lake.last.end();
    assert.deepEqual(names(children), ['c', 'b9']);
    assert.equal(children.now()[0], before[0]);
    assert.equal(children.now()[1], before[1]);
  });

  it('loads more by asking again for what is shown and a page, and keeps nothing open', async () => {
    const { lake, scope } = build();
    const { children } = await scope();
    assert.equal(lake.last.params.limit, 3);
    lake.last.rows([rowOf('a'), rowOf('b'), rowOf('c')]);
    await lake.last.end(true);
    assert.deepEqual(names(children), ['a', 'b', 'c', '(more)']);
    void children.loadMore();
    assert.equal(lake.last.params.limit, 6);
    lake.last.rows([rowOf('a'), rowOf('b')]);
    assert.deepEqual(names(children), ['a', 'b', 'c']);
    lake.last.rows([rowOf('c'), rowOf('d'), rowOf('e')]);
    assert.deepEqual(names(children), ['a', 'b', 'c', 'd', 'e']);
    await lake.last.end(false);
    assert.deepEqual(names(children), ['a', 'b', 'c', 'd', 'e']);
    void children.listing.refresh();
    assert.equal(lake.last.params.limit, 6, 'a refresh asks for as many as were asked for');
  });

  it('shows a listing that the service was lost under once, not twice', async () => {
    const { lake, scope } = build();
    const { children } = await scope();
    lake.last.rows([rowOf('a'), rowOf('b')]);
    lake.last.restart();
    assert.deepEqual(names(children), ['a', 'b']);
    lake.last.rows([rowOf('b'), rowOf('a'), rowOf('c')]);
    await lake.last.end();
    assert.deepEqual(names(children), ['a', 'b', 'c']);
  });

  it('tells of a Load More that failed where it was pressed, also when Retry fails; of a refresh that fails, first', async () => {
    const { lake, scope } = build();
    const { children } = await scope();
    const page = (): void => lake.last.rows([rowOf('a'), rowOf('b'), rowOf('c')]);
    const gone = (): Promise<unknown> => lake.last.fail({ kind: 'unreachable', what: 'It is gone.' });
    page();
    await lake.last.end(true);
    void children.loadMore();
    await gone();
    assert.deepEqual(names(children), ['a', 'b', 'c', '(failed)']);
    void children.listing.refresh();
    await gone();
    assert.deepEqual(names(children), ['a', 'b', 'c', '(failed)']);
    void children.listing.refresh();
    page();
    await lake.last.end(true);
    void children.listing.refresh();
    await gone();
    assert.deepEqual(names(children), ['(failed)', 'a', 'b', 'c']);
  });

  it('says that nothing is there, and that a list failed beside what had come', async () => {
    const { lake, scope } = build();
    const { children } = await scope();
    await lake.last.end();
    assert.deepEqual(names(children), ['(empty)']);
    void children.listing.refresh();
    lake.last.rows([rowOf('a')]);
    await lake.last.fail({ kind: 'cutStream', what: 'The answer was cut.' });
    assert.deepEqual(names(children), ['(failed)', 'a'], 'first: the end of a long list is not on the screen');
    assert.equal(children.listing.failure?.kind, 'cutStream');
    void children.listing.refresh();
    assert.deepEqual(names(children), ['a']);
    lake.last.rows([rowOf('a'), rowOf('b')]);
    await lake.last.end();
    assert.deepEqual(names(children), ['a', 'b']);
  });

  it('drops what an older question still sends', async () => {
    const { lake, scope } = build();
    const { children } = await scope();
    const old = lake.last;
    void children.listing.refresh();
    assert.equal(old.signal?.aborted, true);
    old.rows([rowOf('old')]);
    lake.last.rows([rowOf('new')]);
    await lake.last.end();
    assert.deepEqual(names(children), ['new']);
  });

  it('keeps a DID under two parents apart', async () => {
    const { lake, scope, model } = build();
    const { children } = await scope();
    lake.last.rows([rowOf('ds1', 'DATASET'), rowOf('ds2', 'DATASET')]);
    await lake.last.end();
    for (const node of children.now()) {
      model.expanded.add(node.id);
      void (node as DidNode).children?.get();
      await settle();
      lake.last.rows([rowOf('f')]);
      await lake.last.end();
    }
    const ids = [...model.walk()].map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(ids.length, 1 + 2 + 3 + 2 + 2);
  });

  it('shows what is wrong with the settings', async () => {
    const lake = new FakeLake();
    lake.instances = [];
    const { model } = build(lake);
    assert.deepEqual(await model.root.get(), []);
    lake.problems = [{ source: 'setting rucio.instances[0]', problem: 'no name' }];
    await model.refresh();
    assert.deepEqual(names(model.root), ['(problem)']);
  });
});

describe('signing in', () => {
  const refusing = () => {
    const lake = new FakeLake();
    lake.answers = { ...lake.answers, 'session/signIn': () => { throw new ServiceFailure(failure({ kind: 'signInNeeded', actions: ['signIn'] })); } };
    return lake;
  };

  it('is offered where nothing lies ready, and then everything goes on by itself', async () => {
    const { lake, sessions, model } = build(refusing());
    await model.root.get();
    const [node] = model.instances();
    assert.ok(node);
    await node.children.get();
    assert.deepEqual(names(node.children), ['(failed)']);
    sessions.set({ instance: 'lake', state: 'signedIn', account: 'jdoe' });
    await settle();
    assert.deepEqual(names(node.children), ['My Scopes', 'All Scopes']);
    assert.equal(lake.calls.filter((call) => call === 'session/signIn').length, 1);
  });

  it('is not done by itself after a person signed out here', async () => {
    const { lake, sessions, open } = build();
    const node = await open(['lake']);
    await node.children?.get();
    sessions.set({ instance: 'lake', state: 'signedOut' });
    await node.children?.get();
    assert.deepEqual(names(node.children as Children), ['(failed)']);
    assert.equal(lake.calls.filter((call) => call === 'session/signIn').length, 1);
  });

  it('that ran out elsewhere takes nothing away', async () => {
    const { lake, sessions, scope } = build();
    const { children } = await scope();
    lake.last.rows([rowOf('a')]);
    await lake.last.end();
    sessions.hear({ instance: 'lake', state: 'signedOut' });
    assert.deepEqual(names(children), ['a']);
  });

  it('as somebody else shows nothing of the one before', async () => {
    const { lake, sessions, scope, model } = build();
    await scope();
    lake.last.rows([rowOf('a')]);
    await lake.last.end();
    sessions.set({ instance: 'lake', state: 'signedIn', account: 'other' });
    assert.deepEqual([...model.walk()].map(nameOf), ['lake']);
  });
});

describe('the type filter', () => {
  it('asks again for what is open, forgets what is closed, and leaves collections whole', async () => {
    const { lake, model, scope, open } = build();
    const { node } = await scope();
    lake.last.rows([rowOf('ds', 'DATASET')]);
    await lake.last.end();
    const dataset = await open(['lake', 'All Scopes', 'test', 'ds']);
    void dataset.children?.get();
    await settle();
    assert.equal(lake.last.params['type'], 'all');
    await lake.last.end();
    const asked = lake.streams.length;
    model.setFilter('dataset');
    await settle();
    assert.deepEqual(lake.streams.slice(asked).map(({ method, params }) => [method, params['type']]), [['did/list', 'dataset']]);
    lake.last.rows([rowOf('ds', 'DATASET')]);
    await lake.last.end();
    model.expanded.delete(node.id);
    model.setFilter('file');
    assert.equal(lake.streams.length, asked + 1);
    assert.equal(node.children?.listing.asked, false);
  });
});

describe('revealing', () => {
  const withDid = () => {
    const lake = new FakeLake();
    lake.answers = { ...lake.answers, 'did/get': ({ did }: { did: { scope: string; name: string } }) => ({ ...did, type: 'DATASET', account: 'root', bytes: 5, length: 2 }) };
    return lake;
  };

  it('pins a DID that nothing shows under its scope, and lists nothing for it', async () => {
    const { lake, model } = build(withDid());
    const node = await model.locate({ instance: 'lake', scope: 'test', name: 'far' });
    assert.deepEqual(lake.calls, ['welcome', 'session/signIn', 'did/get']);
    assert.equal(node.parent?.kind, 'scope');
    assert.equal(node.row.type, 'DATASET');
    assert.equal(node.parent?.children?.isPinned(node.id), true);
    const path = [node.parent, node.parent?.parent, node.parent?.parent?.parent].map((one) => one && nameOf(one));
    assert.deepEqual(path, ['test', 'All Scopes', 'lake']);
    await node.parent?.children?.get();
    await node.parent?.parent?.children?.get();
    assert.deepEqual(names(node.parent?.children as Children), ['far', '(list)']);
    assert.deepEqual(lake.streams, []);
    assert.equal(await model.locate({ instance: 'lake', scope: 'test', name: 'far' }), node);
  });

  it('keeps the pinned one above the list when that is asked for, until the list has it', async () => {
    const { lake, model } = build(withDid());
    const node = await model.locate({ instance: 'lake', scope: 'test', name: 'far' });
    const children = node.parent?.children as Children;
    void children.loadMore();
    assert.equal(lake.last.params.limit, 3);
    lake.last.rows([rowOf('a'), rowOf('b')]);
    await lake.last.end();
    assert.deepEqual(names(children), ['far', 'a', 'b']);
    void children.listing.refresh();
    lake.last.rows([rowOf('far', 'DATASET'), rowOf('a'), rowOf('b')]);
    await lake.last.end();
    assert.deepEqual(names(children), ['far', 'a', 'b']);
    assert.equal(children.isPinned(node.id), false);
    assert.equal(children.now()[0], node);
    children.unpin(node);
    assert.deepEqual(names(children), ['far', 'a', 'b']);
  });

  it('uses My Scopes where the scope is shown there, and a node that is shown already', async () => {
    const { lake, model, open, scope } = build(withDid());
    const mine = await open(['lake', 'My Scopes']);
    await mine.children?.get();
    const node = await model.locate({ instance: 'lake', scope: 'user.jdoe', name: 'x' });
    assert.equal(node.parent?.parent && nameOf(node.parent.parent), 'My Scopes');
    await scope();
    lake.last.rows([rowOf('a')]);
    await lake.last.end();
    const before = lake.calls.length;
    assert.equal(nameOf(await model.locate({ instance: 'lake', scope: 'test', name: 'a' })), 'a');
    assert.equal(lake.calls.length, before);
  });

  it('goes from a row of a collection to the DID under its scope, if that is asked for', async () => {
    const { lake, model } = build(withDid());
    await model.root.get();
    const results = model.keepResults('lake', 'test:*', 'all');
    void results?.children.get();
    await settle();
    lake.last.rows([rowOf('far', 'DATASET')]);
    await lake.last.end();
    const ref = { instance: 'lake', scope: 'test', name: 'far' };
    assert.equal((await model.locate(ref)).parent, results);
    const home = await model.locate(ref, { home: true });
    assert.equal(home.parent?.kind, 'scope');
    assert.equal(await model.locate(ref), home, 'under its scope rather than elsewhere');
  });

  it('says what the server said of a DID that is not there', async () => {
    const lake = new FakeLake();
    lake.answers = { ...lake.answers, 'did/get': () => { throw new ServiceFailure(failure({ kind: 'notFound' })); } };
    const { model } = build(lake);
    await assert.rejects(model.locate({ instance: 'lake', scope: 'test', name: 'none' }), (error) => error instanceof ServiceFailure && error.failure.kind === 'notFound');
  });
});

describe('kept results', () => {
  it('stand under their instance, are read page by page, and can be cleared', async () => {
    const lake = new FakeLake();
    lake.instances = [instanceOf('lake'), instanceOf('other')];
    const { model } = build(lake);
    await model.root.get();
    const node = model.keepResults('other', 'test:a*', 'dataset');
    assert.ok(node);
    assert.equal(model.keepResults('other', 'test:a*', 'dataset'), node);
    await node.parent?.children?.get();
    assert.deepEqual(names(node.parent?.children as Children), ['Search: test:a*', 'My Scopes', 'All Scopes']);
    void node.children.get();
    await settle();
    assert.deepEqual([lake.last.method, lake.last.params['text'], lake.last.params['type']], ['did/search', 'test:a*', 'dataset']);
    lake.last.rows([rowOf('a1', 'DATASET')]);
    await lake.last.end(true);
    assert.deepEqual(names(node.children), ['a1', '(more)']);
    model.clearResults();
    assert.deepEqual(model.results(), []);
    assert.deepEqual(names(node.parent?.children as Children), ['My Scopes', 'All Scopes']);
  });
});
