// rucio-jupyterlab's kernel extension and our variables in one kernel, as where a notebook is opened in both: neither breaks the other.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { languageOf } from '../../src/lake/attachments/languages/table.ts';
import { type Answer, type Kernel, startKernel } from '../support/kernels/kernels.ts';
import { installRival } from '../support/rivals.ts';
import { file, nothing, one } from './scene.ts';

/** Tells their extension what their page tells it: by its comm, as a message of a kernel's client. */
const injected = (dids: readonly object[]): string => `
import json
comms = get_ipython().kernel.comm_manager
said = lambda **content: {'header': {}, 'content': content, 'buffers': []}
comms.comm_open(None, None, said(comm_id='test', target_name='rucio-jupyterlab:kernel', data={}))
comms.comm_msg(None, None, said(comm_id='test', data={'action': 'inject', 'dids': json.loads(${JSON.stringify(JSON.stringify(dids))})}))`;

describe('our variables beside rucio-jupyterlab’s, in one kernel', { timeout: 240_000 }, () => {
  const python = languageOf('python')!;
  let kernel: Kernel;
  before(async () => { kernel = await startKernel('python3', path.join(await installRival('rucio-jupyterlab'), 'python')); });
  after(() => kernel?.close());

  const run = async (...code: readonly string[]): Promise<Answer> => {
    let last: Answer = { ok: true, out: '', error: '' };
    for (const part of code) {
      last = await kernel.run(part);
      assert.equal(last.error, '', part);
    }
    return last;
  };
  const load = '%load_ext rucio_jupyterlab.kernels.ipython';
  const theirs = injected([{ type: 'collection', variableName: 'theirs', did: 'test:ds', didAvailable: true, files: [{ path: file('a').path, pfn: 'root://a' }] }]);

  for (const [first, order] of [['theirs', [load, 'ours']], ['ours', ['ours', load]]] as const) {
    it(`${first} first: both have their values and their classes`, async () => {
      await kernel.restart();
      const what = await one();
      for (const step of order) await run(...(step === 'ours' ? [python.prelude, python.attach(what)] : [step]));
      await run(theirs);
      const { out } = await run('print(data_test); print(open(data_test).read()); print(theirs[0], theirs[0].pfn, type(theirs[0]).__module__); print(type(data_test).__module__, callable(resolve_dids))');
      assert.deepEqual(out.trim().split('\n'), [what.files[0]!.path, 'bytes of f1', `${file('a').path} root://a rucio_jupyterlab.kernels.ipython.types`, '_rucio_datalake_1 True']);
    });
  }

  it('each sets the variable of the other anew: what was set last counts, and neither fails', async () => {
    const what = await one();
    await run(python.prelude, python.attach(what), injected([{ type: 'file', variableName: 'data_test', did: what.did, didAvailable: true, files: [{ path: file('b').path }] }]));
    assert.equal((await run('print(open(data_test).read())')).out.trim(), 'bytes of b');
    await run(python.attach(what));
    assert.equal((await run('print(open(data_test).read())')).out.trim(), 'bytes of f1');
    await run(python.attach(await nothing()));
    assert.match((await kernel.run('open(data_test)')).error, /DIDNotAvailableException: test:f1 is not available here/);
    await run(theirs);
    assert.equal((await run('print(open(theirs[0]).read())')).out.trim(), 'bytes of a');
  });
});
