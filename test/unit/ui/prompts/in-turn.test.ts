import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { askInTurn, type At, BACK, type LastStep, type Question } from '../../../../src/ui/prompts/inTurn.ts';

type Word = string | typeof BACK | undefined;
type Answers = Readonly<Record<string, string>>;

/** Says these words one after the other, whoever asks; keeps who asked. */
function person(...words: readonly Word[]) {
  const asked: string[] = [];
  const say = [...words];
  const hear = (who: string, { step, of }: At, back: boolean): Word => {
    asked.push(`${who} ${step}/${of}${back ? ' back' : ''}`);
    assert.ok(say.length > 0, `nothing is left to say to ${asked.join(', ')}`);
    return say.shift();
  };
  const question = (name: string): Question<Answers> => async (answers, at, back) => {
    const word = hear(name, at, back);
    return typeof word === 'string' ? { ...answers, [name]: word } : word;
  };
  const last: LastStep<Answers> = async (answers, at) => {
    const word = hear('last', at, true);
    return typeof word !== 'string' ? word : word === 'go' ? { answers, done: true } : { answers: { ...answers, changed: word }, done: false };
  };
  return { asked, last, questions: [question('a'), question('b')], rest: say };
}

describe('questions in turn', () => {
  it('come one after the other, and end with the last step', async () => {
    const { asked, last, questions } = person('1', '2', 'go');
    assert.deepEqual(await askInTurn(questions, last, { kept: 'x' }), { kept: 'x', a: '1', b: '2' });
    assert.deepEqual(asked, ['a 1/3', 'b 2/3 back', 'last 3/3 back']);
  });

  it('go back one at a time, also from the last step, and keep what was answered', async () => {
    const { asked, last, questions } = person('1', '2', BACK, BACK, '3', '4', 'go');
    assert.deepEqual(await askInTurn(questions, last, {}), { a: '3', b: '4' });
    assert.deepEqual(asked.map((one) => one.split(' ')[0]), ['a', 'b', 'last', 'b', 'a', 'b', 'last']);
  });

  it('are dismissed at any of them', async () => {
    for (const words of [[undefined], ['1', undefined], ['1', '2', undefined]]) {
      const { last, questions, rest } = person(...words);
      assert.equal(await askInTurn(questions, last, {}), undefined);
      assert.equal(rest.length, 0);
    }
  });

  it('come to the last step again when it changed an answer; may begin there', async () => {
    const { asked, last, questions } = person('more', 'go');
    assert.deepEqual(await askInTurn(questions, last, { a: '0' }, 2), { a: '0', changed: 'more' });
    assert.deepEqual(asked, ['last 3/3 back', 'last 3/3 back']);
  });

  it('have nothing before the first', async () => {
    const { asked, last, questions } = person(BACK, '1', '2', 'go');
    assert.deepEqual(await askInTurn(questions, last, {}), { a: '1', b: '2' });
    assert.equal(asked[1], 'a 1/3');
    const none = person(BACK, 'go');
    assert.deepEqual(await askInTurn([], none.last, {}), {});
    assert.deepEqual(none.asked, ['last 1/1 back', 'last 1/1 back']);
  });
});
