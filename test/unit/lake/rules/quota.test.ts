// Room for a rule by the limits of the account and of the storage, and what is missing there.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { missingAt, missingText, quotaLeft, roomAt, type QuotaClient, type Room } from '../../../../src/lake/rules/quota.ts';
import { RucioError } from '../../../../src/rucio/errors.ts';

const room = (change: Partial<Room> = {}): Room => ({ rse: 'A', local: Infinity, global: null, storage: null, ...change });

describe('what is missing', () => {
  it('a local limit must be more than the size, a global one at least as much', () => {
    assert.equal(missingAt(room({ local: 100 }), 99), undefined);
    assert.deepEqual(missingAt(room({ local: 100 }), 100), { rse: 'A', missing: 1, limit: 'your quota at A' });
    assert.equal(missingAt(room({ global: { expression: 'tier=1', left: 100 } }), 100), undefined);
    assert.deepEqual(missingAt(room({ global: { expression: 'tier=1', left: 100 } }), 130), { rse: 'A', missing: 30, limit: 'your quota at all of tier=1' });
  });

  it('what lies there already needs no room at the storage, and quota all the same', () => {
    assert.deepEqual(missingAt(room({ storage: 10 }), 100), { rse: 'A', missing: 90, limit: 'the room that A has for everybody' });
    assert.equal(missingAt(room({ storage: 10 }), 100, 95), undefined);
    assert.equal(missingAt(room({ local: 10 }), 100, 100)?.missing, 91);
  });

  it('of several limits the one that is most in the way', () => {
    assert.equal(missingAt(room({ local: 90, global: { expression: 'x', left: 10 }, storage: 50 }), 100)?.missing, 90);
    const limit = fc.oneof(fc.constant(null), fc.nat(1e6));
    fc.assert(fc.property(fc.nat(1e6), limit, limit, limit, (bytes, local, global, storage) => {
      const missing = missingAt(room({ local, global: global === null ? null : { expression: 'x', left: global }, storage }), bytes)?.missing;
      // With so much more everywhere it fits.
      const more = (n: number | null): number | null => (n === null ? null : n + (missing ?? 0));
      const left = more(global);
      assert.equal(missingAt(room({ local: more(local), global: left === null ? null : { expression: 'x', left }, storage: more(storage) }), bytes), undefined);
    }));
  });

  it('in words, for each storage', () => {
    assert.equal(missingText([room({ local: 1e9 }), room({ rse: 'B' }), room({ rse: 'C', local: 0 })], 3e9), 'At A 2.0 GB of 3.0 GB is missing in your quota at A. At C 3.0 GB of 3.0 GB is missing in your quota at C.');
    assert.equal(missingText([room()], 3e9), '');
  });
});

describe('room at storages', () => {
  const denied = async (): Promise<never> => { throw new RucioError('accessDenied', 'no'); };
  const client = (change: Partial<QuotaClient> = {}): QuotaClient => ({
    accountUsage: async () => [{ rse: 'A', bytes: 1, files: 1, bytes_limit: 10, bytes_remaining: 9 }],
    accountGlobalUsage: async () => [{ rse_expression: 'A|B', bytes: 0, files: 0, bytes_limit: 5, bytes_remaining: 5 }, { rse_expression: 'gone', bytes: 0, files: 0, bytes_limit: 1, bytes_remaining: 1 }],
    listRses: async (expression) => { if (expression === 'gone') throw new RucioError('refused', 'empty set'); return ['A', 'B']; },
    getRseLimits: async () => ({ MaxSpaceAvailable: 100 }), listRseUsage: async () => [{ source: 'storage', used: 1 }, { source: 'rucio', used: 30 }], ...change,
  });

  it('no limit set is no room; global ones count where they cover; the storage’s own by Rucio’s book', async () => {
    const [a, b, c] = await roomAt(client(), 'alice', ['A', 'B', 'C']);
    assert.deepEqual(a, { rse: 'A', local: 9, global: { expression: 'A|B', left: 5 }, storage: 70 });
    assert.deepEqual([quotaLeft(a!), quotaLeft(b!), c!.global, quotaLeft(c!)], [5, 0, null, 0]);
  });

  it('where nobody may look it is not known, and nothing is said to be missing', async () => {
    const [a] = await roomAt(client({ accountUsage: denied, getRseLimits: denied }), 'alice', ['A']);
    assert.equal(quotaLeft(a!), null);
    assert.equal(missingAt(a!, 1e15), undefined);
  });

  it('other failures are failures', async () => {
    await assert.rejects(roomAt(client({ accountUsage: async () => { throw new RucioError('timeout', 'slow'); } }), 'alice', ['A']), { kind: 'timeout' });
  });
});
