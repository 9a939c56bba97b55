import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Memory } from '../../../../src/lake/availability/memory.ts';
import { RucioError } from '../../../../src/rucio/errors.ts';

describe('the memory', () => {
  it('does not grow without end', () => {
    const memory = new Memory();
    const verdict = (ruleId: string | null) => ({ signature: '', ruleId, over: new Set<string>(), at: 0 });
    memory.verdicts.set('s:first', verdict(null));
    for (let i = 0; i < 12_000; i++) {
      memory.verdicts.set(`s:${i}`, verdict(null));
      memory.refused.set(`s:${i}`, new RucioError('refused', 'x'));
      if (i === 5000) memory.verdicts.set('s:first', verdict('again'));
    }
    assert.deepEqual([memory.verdicts.size, memory.refused.size], [10_000, 10_000]);
    assert.equal(memory.verdicts.get('s:first')?.ruleId, 'again', 'the oldest goes, and this one is younger');
    assert.deepEqual([memory.refused.has('s:1999'), memory.refused.has('s:2000')], [false, true]);
  });

  it('lets a person be asked where a poll could not', async () => {
    const memory = new Memory();
    const remember = (make: () => Promise<string>): Promise<string> => memory.remember('rules', 's:d', 1000, { left: Infinity }, make);
    const poll = remember(() => Promise.reject(new RucioError('signInNeeded', 'Sign in.')));
    const person = remember(() => Promise.resolve('rules'));
    await assert.rejects(poll, (error) => RucioError.is(error, 'signInNeeded'));
    assert.equal(await person, 'rules');
  });
});
