// When variables are set, and that nothing is waited for in vain, on a kernel that misbehaves as the real one was seen to.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceFailure } from '../../../../src/client/client.ts';
import type { AttachmentCode } from '../../../../src/protocol.ts';
import { Injector } from '../../../../src/ui/notebooks/injector.ts';
import { type JupyterKernel, runIn } from '../../../../src/ui/notebooks/kernel.ts';

class FakeKernel implements JupyterKernel {
  status: JupyterKernel['status'] = 'starting';
  readonly language = 'python';
  readonly ran: string[] = [];
  readonly #listeners = new Set<(status: JupyterKernel['status']) => unknown>();
  answer: (code: string) => AsyncGenerator<{ items: { mime: string; data: Uint8Array }[] }> = async function* () { /* nothing to say */ };

  onDidChangeStatus(listener: (status: JupyterKernel['status']) => unknown) {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  become(status: JupyterKernel['status']): void {
    this.status = status;
    for (const listener of [...this.#listeners]) listener(status);
  }

  async* executeCode(code: string) {
    this.ran.push(code);
    yield* this.answer(code);
  }
}

const hangs = async function* (): AsyncGenerator<never> { await new Promise(() => undefined); };
const throws = (name: string, message: string) => async function* (): AsyncGenerator<never> { throw Object.assign(new Error(message), { name }); };

function build() {
  const kernel = new FakeKernel();
  const state = { there: true, version: 'v1', allowed: true, asked: 0, fails: false, language: 'python' };
  const injector = new Injector({
    kernel: async () => (state.there ? kernel : undefined), silenceMs: 30, mayRun: () => state.allowed, onChange: () => undefined,
    code: async (): Promise<AttachmentCode> => {
      state.asked++;
      if (state.fails) throw new ServiceFailure({ kind: 'unreachable', what: 'The server does not answer.', next: '', actions: [] });
      return { language: state.language, inject: ['prelude', `set ${state.version}`], cell: '', attached: [{ variableName: 'x', did: 'a:b', type: 'file', state: 'here', reason: '', here: 1, missing: 0, size: 1, version: state.version }] };
    },
  });
  return { kernel, injector, state };
}

describe('injector', () => {
  it('waits while the kernel starts, sets once, and not again for every idle', async () => {
    const { kernel, injector, state } = build();
    await injector.look();
    assert.equal(injector.now.state, 'waiting');
    kernel.become('idle');
    await injector.settled;
    assert.deepEqual([injector.now.state, injector.has('x')], ['set', true]);
    kernel.become('busy');
    kernel.become('idle');
    await injector.settled;
    assert.deepEqual(kernel.ran, ['prelude', 'set v1']);
    assert.equal(state.asked, 1);
  });

  it('sets again after a restart, and when the value is another; not when it is the same', async () => {
    const { kernel, injector, state } = build();
    kernel.status = 'idle';
    await injector.look();
    await injector.settled;
    await injector.again();
    assert.equal(kernel.ran.length, 2);
    state.version = 'v2';
    await injector.again();
    assert.deepEqual(kernel.ran.slice(2), ['prelude', 'set v2']);
    kernel.become('restarting');
    assert.deepEqual([injector.now.state, injector.has('x')], ['waiting', false]);
    kernel.become('idle');
    await injector.settled;
    assert.equal(kernel.ran.length, 6);
    assert.equal(injector.has('x'), true);
  });

  it('a dead kernel is asked nothing; it is set when it comes back', async () => {
    const { kernel, injector } = build();
    kernel.answer = hangs;
    kernel.status = 'dead';
    await injector.look();
    await injector.again();
    assert.deepEqual([injector.now.state, kernel.ran.length], ['dead', 0]);
    kernel.answer = async function* () { /* works again */ };
    kernel.become('restarting');
    kernel.become('idle');
    await injector.settled;
    assert.equal(injector.now.state, 'set');
  });

  it('a call that is never answered ends: by death, or by silence while idle, not while it is busy', async () => {
    const { kernel, injector } = build();
    kernel.answer = hangs;
    kernel.status = 'busy';
    await injector.look();
    await sleep(80);
    assert.equal(injector.now.state, 'setting');
    kernel.become('dead');
    await injector.settled;
    assert.equal(injector.now.state, 'dead');
    kernel.become('restarting');
    kernel.become('idle');
    await injector.settled;
    assert.equal(injector.now.state, 'silent');
    assert.equal(injector.has('x'), false);
  });

  it('refused, failed and not asked are told apart, and not tried again by themselves', async () => {
    const { kernel, injector, state } = build();
    state.allowed = false;
    kernel.status = 'idle';
    await injector.look();
    await injector.settled;
    assert.deepEqual([injector.now.state, kernel.ran.length], ['notAsked', 0]);
    state.allowed = true;
    kernel.answer = throws('vscode.jupyter.apiAccessRevoked', 'Access to Jupyter Kernel has been revoked');
    await injector.again(true);
    assert.equal(injector.now.state, 'refused');
    kernel.become('busy');
    kernel.become('idle');
    await injector.settled;
    assert.equal(kernel.ran.length, 1);
    kernel.answer = throws('Error', 'division by zero');
    await injector.again(true);
    assert.match(JSON.stringify(injector.now), /failed.*division by zero/);
    state.fails = true;
    await injector.again(true);
    assert.match(JSON.stringify(injector.now), /The server does not answer/);
    state.fails = false;
    state.language = '';
    await injector.again(true);
    assert.equal(injector.now.state, 'unsupported');
  });

  it('another kernel that was chosen: nothing is left of the old one', async () => {
    const { kernel, injector, state } = build();
    kernel.status = 'idle';
    await injector.look();
    await injector.settled;
    kernel.become('terminating');
    assert.deepEqual([injector.now.state, injector.language], ['noKernel', undefined]);
    state.there = false;
    assert.equal(await injector.look(), false);
  });
});

describe('code in a kernel', () => {
  it('an error that is only an output is one, too', async () => {
    const kernel = new FakeKernel();
    kernel.status = 'idle';
    kernel.answer = async function* () { yield { items: [{ mime: 'application/vnd.code.notebook.error', data: Buffer.from('{"name":"E","message":"bad"}') }] }; };
    assert.deepEqual(await runIn(kernel, ['x'], 100), { how: 'failed', message: 'E: bad' });
  });

  it('a kernel that was left for another, or is not connected yet, is gone', async () => {
    const kernel = new FakeKernel();
    kernel.status = 'idle';
    for (const message of ['Kernel is disposed', 'Kernel connection not available to execute 3rd party code']) {
      kernel.answer = throws('Error', message);
      assert.deepEqual(await runIn(kernel, ['x'], 100), { how: 'gone' });
    }
  });
});
