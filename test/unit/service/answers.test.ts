// What comes back from a provider's page finds the sign-in that waits for it, and no other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PageAnswers } from '../../../src/service/answers.ts';

test('an answer goes to the sign-in with its state, once', async () => {
  const answers = new PageAnswers();
  const [one, two] = [new AbortController(), new AbortController()];
  const first = answers.wait('s1', one.signal);
  void answers.wait('s2', two.signal);
  for (const query of ['', 'code=c', 'code=c&state=', 'code=c&state=s3', 'code=c&state=s3&state=s1']) assert.equal(answers.take(query), false, query);
  assert.equal(answers.take('code=c&state=s1&iss=https://idp.example'), true);
  assert.deepEqual([...await first], [['code', 'c'], ['state', 's1'], ['iss', 'https://idp.example']]);
  assert.equal(answers.take('code=c&state=s1'), false, 'twice');
  two.abort();
  assert.equal(answers.take('code=c&state=s2'), false, 'nobody waits any more');
});

test('is read as the editor has decoded it: nothing is decoded twice', async () => {
  const answers = new PageAnswers();
  const answer = answers.wait('s', new AbortController().signal);
  assert.ok(answers.take('code=a+b/c%41==&error_description=the+user+said+no&state=s&code=second'));
  assert.deepEqual([...await answer], [['code', 'a+b/c%41=='], ['error_description', 'the user said no'], ['state', 's']]);
});
