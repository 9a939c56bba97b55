import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explain } from '../../../src/lake/advice.ts';
import { RucioError, type ErrorKind } from '../../../src/rucio/errors.ts';

const DID = { scope: 's', name: 'd' };
const KINDS: Record<ErrorKind, true> = {
  signInNeeded: true, wrongCredentials: true, accessDenied: true, notFound: true, quota: true, duplicateRule: true, refused: true, unreachable: true, certificate: true, timeout: true, busy: true, notRucio: true, cutStream: true,
  serverError: true, configuration: true, mount: true, badInput: true, cancelled: true,
};

describe('words for errors', () => {
  for (const kind of Object.keys(KINDS) as ErrorKind[]) {
    it(`of kind ${kind}`, () => {
      const { what, next, kind: said } = explain(new RucioError(kind, 'the server\'s own words', { subject: 'EULAKE-1' }), { did: DID, instance: 'lake' });
      assert.equal(said, kind);
      assert.match(next, /^[A-Z].*\.$/);
      assert.match(what, /[.!?]$/);
      assert.doesNotMatch(what + next, /[{}]|undefined/);
      if (!['duplicateRule', 'cancelled'].includes(kind)) assert.match(what, /the server's own words/);
    });
  }

  it('of each refusal of Rucio\'s are its own', () => {
    const said = new Set<string>();
    const classes = ['InsufficientAccountLimit', 'RSEOverQuota', 'DuplicateRule', 'InsufficientTargetRSEs', 'RSEWriteBlocked', 'InvalidRSEExpression', 'ManualRuleApprovalBlocked', 'AccessDenied', 'DataIdentifierNotFound', 'RSENotFound', 'ScopeNotFound', 'InvalidObject',
      'UnsupportedOperation', 'StagingAreaRuleRequiresLifetime', 'ScratchDiskLifetimeConflict', 'RuleNotFound', 'AccountNotFound', 'ReplicationRuleCreationTemporaryFailed', 'InvalidReplicationRule', 'InvalidSourceReplicaExpression', 'InvalidValueForKey', 'DatabaseException'];
    for (const exceptionClass of classes) {
      const { what, next } = explain(new RucioError('refused', 'x', { exceptionClass, status: 409 }), { did: DID });
      said.add(`${what} ${next}`);
      assert.doesNotMatch(what + next, /[{}]|undefined/);
    }
    assert.equal(said.size, classes.length);
    const words = '(psycopg) {words} {about}';
    assert.match(explain(new RucioError('refused', words, { exceptionClass: 'Other' }), { did: DID }).what, /s:d.*\(psycopg\) \{words\} \{about\}/, 'the server\'s braces are its own');
  });

  it('of a sign-in are those of signing in, whatever the class', () => {
    assert.deepEqual(explain(new RucioError('wrongCredentials', 'Cannot authenticate', { exceptionClass: 'AccountNotFound', status: 401 })).actions, ['signIn']);
  });

  it('of what nobody foresaw name the log', () => {
    assert.deepEqual(explain(new TypeError('x is not a function')), { kind: 'bug', what: 'Something went wrong in the extension itself: x is not a function', next: 'Show the log and report it with what you did.', actions: ['showLog'] });
    for (const odd of [undefined, null, 'text', 5, {}]) assert.equal(explain(odd).kind, 'bug');
    assert.equal(explain(new DOMException('x', 'AbortError')).kind, 'cancelled');
  });
});
