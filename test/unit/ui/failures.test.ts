// How a failure is shown: short in a row, whole in the tooltip, with what to do.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceFailure } from '../../../src/client/client.ts';
import type { Failure } from '../../../src/protocol.ts';
import { actionTitles, failureWords, isCancelled, toFailure } from '../../../src/ui/failures.ts';

const failure = (more: Partial<Failure>): Failure => ({ kind: 'serverError', what: 'It broke.', next: 'Try again.', actions: ['retry'], ...more });

describe('a failure', () => {
  it('keeps all its words, and the first sentence for a row', () => {
    const words = failureWords(failure({ what: 'The server rucio.example.org said: no. It was asked for test:ds.raw.', next: 'Ask its operators.' }));
    assert.equal(words.full, 'The server rucio.example.org said: no. It was asked for test:ds.raw. Ask its operators.');
    assert.equal(words.short, 'The server rucio.example.org said: no');
  });
  it('cuts before a sentence that begins with the name of a server', () => {
    assert.equal(failureWords(failure({ what: 'What answered is not a Rucio server. lake.test:4443 answered with a web page.' })).short, 'What answered is not a Rucio server');
    assert.equal(failureWords(failure({ what: 'The server has too much to do. rucio:80 is busy.' })).short, 'The server has too much to do');
  });
  it('is cut at a word in a row', () => {
    const { short } = failureWords(failure({ what: `${'word '.repeat(60)}end` }));
    assert.ok(short.length <= 91);
    assert.match(short, /word…$/);
  });
  it('asks for a sign-in rather than calling it an error', () => {
    assert.equal(failureWords(failure({ kind: 'signInNeeded', actions: ['signIn'] })).look, 'ask');
    assert.equal(failureWords(failure({ kind: 'quota' })).look, 'warning');
    assert.equal(failureWords(failure({ kind: 'cutStream' })).look, 'error');
  });
  it('that asks for a sign-in says what became of the one before, and nothing where there was none', () => {
    const words = (because?: string) => failureWords(failure({ kind: 'signInNeeded', actions: ['signIn'], ...(because !== undefined && { because }) }));
    assert.equal(words('The token in /tmp/rucio has expired. The clock is 10 minutes off.').why, 'The token in /tmp/rucio has expired');
    assert.equal(words('Sign in to ESCAPE.').why, undefined);
    assert.equal(words().why, undefined);
  });
  it('of the service is taken as it is; anything else is ours to mend', () => {
    const given = failure({ kind: 'notFound' });
    assert.equal(toFailure(new ServiceFailure(given)), given);
    assert.equal(toFailure(given), given);
    assert.equal(toFailure(new TypeError('x is undefined')).kind, 'bug');
    assert.equal(toFailure('text').what, 'text');
    assert.ok(isCancelled(failure({ kind: 'cancelled' })));
  });
  it('has a title for every action', () => {
    assert.equal(new Set(Object.values(actionTitles)).size, Object.keys(actionTitles).length);
  });
});
