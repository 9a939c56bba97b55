// ROOT C++ with real trees: a file opens by its variable, a dataset is a chain, and what is not here is told as an error, not as a crash.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { languageOf } from '../../src/lake/attachments/languages/table.ts';
import type { Attached, AttachedFile } from '../../src/lake/attachments/types.ts';
import { type Kernel, startKernel } from '../support/kernels/kernels.ts';
import { attached, nothing } from './scene.ts';

describe('in ROOT', { timeout: 180_000 }, () => {
  const { prelude, attach } = languageOf('c++')!;
  let kernel: Kernel;
  const files: AttachedFile[] = [];
  before(async () => {
    kernel = await startKernel('root');
    for (const [n, entries] of [30, 12].entries()) {
      const file = path.join(kernel.home, `tree ${n}.root`);
      await good(`{ TFile f("${file}", "recreate"); TTree t("events", ""); int x = 0; t.Branch("x", &x); for (x = 0; x < ${entries}; ++x) t.Fill(); t.Write(); }`);
      files.push({ did: `test:tree${n}`, path: file, pfn: `root://x//tree${n}`, size: fs.statSync(file).size, adler32: '' });
    }
    await good(prelude);
  });
  after(() => kernel?.close());

  const good = async (code: string): Promise<string> => {
    const { out, error } = await kernel.run(code);
    assert.equal(error, '', `${out}\n${code}`);
    return out;
  };
  const set = async (what: Attached): Promise<void> => void await good(attach(what));

  it('a file opens by its variable, as a chain too', async () => {
    await set(await attached({ files: files.slice(0, 1) }));
    assert.match(await good('{ auto f = TFile::Open(data_test.c_str()); std::cout << "entries " << f->Get<TTree>("events")->GetEntries() << std::endl; delete f; }'), /entries 30/);
    assert.match(await good('std::cout << "chain " << RucioChain(data_test, "events")->GetEntries() << " " << data_test.did << " " << data_test.size << std::endl;'), new RegExp(`chain 30 test:tree0 ${files[0]!.size}`));
  });

  it('a dataset is one chain', async () => {
    await set(await attached({ did: 'test:trees', type: 'collection', files }));
    assert.match(await good('std::cout << "chain " << RucioChain(data_test, "events")->GetEntries() << " of " << data_test.size() << " " << data_test.did_available() << std::endl;'), /chain 42 of 2 1/);
  });

  it('what is not here is an error in words; the kernel lives', async () => {
    await set(await nothing());
    assert.match(await good('try { TFile::Open(data_test.c_str()); } catch (const std::exception& e) { std::cout << e.what() << std::endl; }'), /test:f1 is not available here\./);
    await kernel.run('TFile::Open(data_test.c_str());');
    assert.match(await good('std::cout << "alive" << std::endl;'), /alive/);
  });
});
