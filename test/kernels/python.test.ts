// What Python's values can do beyond what all languages have, in a real kernel.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { languageOf } from '../../src/lake/attachments/languages/table.ts';
import type { Attached } from '../../src/lake/attachments/types.ts';
import { type Kernel, startKernel } from '../support/kernels/kernels.ts';
import { attached, file, many, nothing, one, partly, plenty } from './scene.ts';

describe('in Python', { timeout: 120_000 }, () => {
  const { prelude, attach } = languageOf('python')!;
  let kernel: Kernel;
  before(async () => {
    kernel = await startKernel('python3');
  });
  after(() => kernel?.close());
  const set = async (what: Attached): Promise<void> => {
    for (const code of [prelude, attach(what)]) assert.equal((await kernel.run(code)).error, '');
  };
  const says = async (code: string): Promise<string> => {
    const { out, error } = await kernel.run(`print((${code}))`);
    assert.equal(error, '', code);
    return out.trim();
  };

  it('values are texts and lists with what the Jupyter extension of Rucio has, and more', async () => {
    await set(await one());
    assert.equal(await says('isinstance(data_test, str), data_test.did_available, data_test.path == str(data_test), data_test.did, data_test.size, data_test.adler32'), '(True, True, True, \'test:f1\', 11, \'01234567\')');
    assert.equal(await says('__import__("os").path.basename(data_test), __import__("pathlib").Path(data_test).name, isinstance(data_test, __import__("os").PathLike)'), '(\'f1\', \'f1\', True)');
    assert.equal(await says('type(__import__("pickle").loads(__import__("pickle").dumps(data_test)))'), '<class \'str\'>', 'other processes have no class of ours');
    await set(await many());
    assert.equal(await says('isinstance(data_test, list), len(data_test), [type(x).__name__ for x in data_test.items], data_test.did_available, data_test.path == list(data_test), data_test.pfn[0], data_test.size'), '(True, 2, [\'SingleItemDID\', \'SingleItemDID\'], True, True, \'root://lake.test//rucio/a\', 20)');
    assert.equal(await says('__import__("pickle").loads(__import__("pickle").dumps(data_test)) == data_test.path'), 'True');
  });

  it('a dataset that is partly here gives what is there, and says once what is not', async () => {
    await set(await partly());
    assert.equal(await says('isinstance(data_test, list), len(data_test.items), data_test.did_available, data_test.missing, data_test.missing_files'), '(True, 2, False, 1, [\'test:c\'])');
    const first = await kernel.run('print([x.did for x in data_test])');
    assert.match(first.out, /\['test:a', 'test:b'\]/);
    assert.match(first.out, /UserWarning: test:ds: 1 of its 3 files is not at EULAKE-1 yet\. What is here is given\./);
    assert.equal(await says('len(data_test), data_test[0].did'), '(2, \'test:a\')');
  });

  it('what is not here raises an ordinary exception, whatever is done with it', async () => {
    await set(await nothing());
    assert.equal(await says('repr(data_test), data_test.did_available, data_test.did'), '(\'<test:f1: not available here>\', False, \'test:f1\')');
    const uses = ['open(data_test)', 'print(data_test)', 'data_test + "x"', '"root://x/" + data_test', 'f"{data_test}"', '"%s" % data_test', 'list(data_test)', 'len(data_test)', 'data_test[0]', '"x" in data_test', 'data_test.path', 'data_test.pfn', 'data_test.items', 'data_test.startswith("/")', '__import__("os").path.join("/x", data_test)', '__import__("os").path.exists(data_test)', '__import__("pathlib").Path(data_test)', 'bool(data_test)'];
    for (const use of uses) assert.match((await kernel.run(use)).error, /^DIDNotAvailableException: test:f1 is not available here\. test:f1 is not at EULAKE-1 yet\. Make it available/, use);
    assert.match((await kernel.run('try:\n    open(data_test)\nexcept Exception as e:\n    print("caught", isinstance(e, DIDNotAvailableException))')).out, /caught True/);
    assert.doesNotMatch((await kernel.run('data_test')).out, /None/);
  });

  it('resolve_dids() finds what has come meanwhile; a restart begins anew', async () => {
    await set(await nothing());
    await one();
    assert.equal((await kernel.run('resolve_dids()')).error, '');
    assert.equal(await says('open(data_test).read()'), 'bytes of f1');
    await kernel.restart();
    assert.match((await kernel.run('data_test')).error, /NameError/);
    await set(await one());
    assert.equal(await says('data_test.did'), 'test:f1');
  });

  it('an address is a text like any other', async () => {
    await set(await attached({ files: [{ ...file('f1'), path: 'root://xcache.test//root://lake.test//rucio/f1' }] }));
    assert.equal(await says('data_test, data_test.pfn'), '(\'root://xcache.test//root://lake.test//rucio/f1\', \'root://lake.test//rucio/f1\')');
  });

  it('a manifest that is not whole is no data', async () => {
    const what = await one();
    const { error } = await kernel.run(`open(${JSON.stringify(what.manifest)}, 'w').write('test:f1\\t/x\\t\\t1\\t\\n')\n${attach(what)}`);
    assert.match(error, /ValueError/);
  });

  it('100 000 files are there within seconds, and no cell is long', async () => {
    const what = await plenty(100_000);
    await set(what);
    assert.ok(attach(what).length < 400);
    assert.equal(await says('len(data_test), data_test[99999].did, data_test[99999]'), '(100000, \'test:f99999\', \'/nowhere/100% of 99999\')');
  });
});
