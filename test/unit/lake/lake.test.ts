import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Lake, openSession, type LakeOptions } from '../../../src/lake/lake.ts';
import { RucioError } from '../../../src/rucio/errors.ts';
import { INSTANCE } from './fakes.ts';

const needed = (error: unknown): boolean => RucioError.is(error, 'signInNeeded');

/** Nobody is signed in, and every question is dismissed: no server is ever asked. */
function options(): LakeOptions & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked, instance: INSTANCE, network: {}, version: 'test', env: {}, people: {},
    secrets: { get: async () => null, store: async () => undefined },
    ask: async (reason) => {
      asked.push(reason);
      return null;
    },
  };
}

describe('a lake', () => {
  it('asks a person for what a person wants, and never for a poll', async () => {
    const { asked, ...more } = options();
    const lake = new Lake(more);
    const failure = await new Promise((resolve) => lake.observe(lake, [{ scope: 's', name: 'd', type: 'DATASET' }], (_items, error) => resolve(error)));
    assert.ok(needed(failure));
    await assert.rejects(lake.followRule('r1', () => undefined), needed);
    assert.deepEqual(asked, []);
    await assert.rejects(lake.getRule('r1'), needed);
    assert.equal(asked.length, 1);
    lake.close();
  });

  it('that is closed leaves the session it was given to the next one', async () => {
    const { asked, ...more } = options();
    const session = openSession({ ...more, secrets: { get: async () => null, store: async () => undefined } });
    let listeners = 0;
    const hear = session.onChange.bind(session);
    session.onChange = (listener) => {
      const stop = hear(listener);
      listeners++;
      return () => {
        listeners--;
        stop();
      };
    };
    const lake = new Lake({ ...more, session });
    assert.equal(lake.session, session);
    lake.close();
    assert.equal(listeners, 0);
    const next = new Lake({ ...more, session, instance: { ...INSTANCE, rseMountPath: '/other' } });
    await assert.rejects(next.listScopes(false), needed);
    assert.equal(asked.length, 1, 'it still works, so it asks');
    next.close();
    session.close();
  });
});
