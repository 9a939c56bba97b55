import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { podTokens, tokenPlaces, tokenStates } from '../../../../src/lake/session/podTokens.ts';
import type { Instance } from '../../../../src/lake/types.ts';

const INSTANCE: Instance = { name: 'lake', displayName: 'The Lake', baseUrl: 'https://r', authUrl: 'https://r', mode: 'replica', pathBeginsAt: 0, ruleLifetimeDays: 7, origin: 'test' };
const NOW = 1_000_000;
/** Ends so many seconds from NOW. */
const jwt = (seconds: number, id = 'x'): string => `e30.${Buffer.from(JSON.stringify({ exp: NOW / 1000 + seconds, id })).toString('base64url')}.planted`;

let folder: string;
before(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tokens-')); });
after(() => fs.rmSync(folder, { recursive: true }));
const write = (name: string, text: string): string => {
  fs.writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};
const of = (env: Record<string, string>) => (name: string): string | undefined => env[name];

describe('tokens that lie ready', () => {
  it('an expired one in the environment loses to the file, whichever comes first', async () => {
    const tokenFile = write('t', jwt(7200, 'file'));
    for (const tokenEnvFirst of [true, false]) {
      const instance = { ...INSTANCE, tokenFile, tokenEnv: 'T', tokenEnvFirst };
      assert.deepEqual((await podTokens(instance, of({ T: jwt(-1) }), NOW)).tokens.map(({ method }) => method), ['file']);
      const both = (await podTokens(instance, of({ T: jwt(3600) }), NOW, 60_000)).tokens.map(({ method }) => method);
      assert.deepEqual(both, tokenEnvFirst ? ['environment', 'file'] : ['file', 'environment']);
      assert.deepEqual((await podTokens(instance, of({ T: jwt(30) }), NOW, 60_000)).tokens.map(({ method }) => method), ['file', 'environment'], 'one that ends soon comes last');
    }
  });

  it('are discovered where the WLCG says, for https and oidc only, and only our own files', async () => {
    const uid = process.getuid?.() ?? 0;
    const file = write(`bt_u${uid}`, jwt(60));
    const named = write('named', jwt(50));
    const env = of({ XDG_RUNTIME_DIR: folder, BEARER_TOKEN_FILE: named, BEARER_TOKEN: jwt(40) });
    assert.deepEqual(tokenPlaces(INSTANCE, env, uid).map(({ at }) => at), ['BEARER_TOKEN', named, file, `/tmp/bt_u${uid}`]);
    assert.deepEqual((await podTokens({ ...INSTANCE, authType: 'oidc' }, env, NOW)).tokens.map(({ ends }) => (ends! - NOW) / 1000).slice(0, 3), [40, 50, 60]);
    for (const other of [{ authType: 'userpass' }, { baseUrl: 'http://r' }] as const) assert.deepEqual(tokenPlaces({ ...INSTANCE, ...other }, env, uid), []);
    assert.deepEqual(await podTokens(INSTANCE, of({ BEARER_TOKEN_FILE: path.join(folder, 'nowhere') }), NOW), { tokens: [], expired: false }, 'nothing there is no problem');
    if (process.getuid?.() !== 0) return;
    fs.chownSync(file, 65534, 65534);
    const { tokens, why } = await podTokens(INSTANCE, of({ XDG_RUNTIME_DIR: folder }), NOW);
    assert.deepEqual(tokens, []);
    assert.match(why!, /belongs to another user/);
  });

  it('are looked for at last where a hub writes the pod’s token, for the server that the pod was made for', () => {
    const at = (more: Partial<Instance>, env: Record<string, string>): string[] => tokenPlaces({ ...INSTANCE, ...more }, of(env), 7).map((place) => place.at);
    const pod = { RUCIO_BASE_URL: 'https://R:443/' };
    assert.deepEqual(at({ tokenEnv: 'T' }, pod), ['T', 'BEARER_TOKEN', '/tmp/bt_u7', '/tmp/rucio_oauth.token']);
    assert.deepEqual(at({ tokenFile: '/tmp/rucio_oauth.token' }, pod), ['/tmp/rucio_oauth.token', 'BEARER_TOKEN', '/tmp/bt_u7'], 'not twice');
    assert.equal(at({ vo: 'a' }, { ...pod, RUCIO_VO: 'a' }).length, 3);
    for (const [more, env] of [[{}, {}], [{}, { RUCIO_BASE_URL: 'nonsense' }], [{ baseUrl: 'https://other' }, pod], [{ vo: 'a' }, { ...pod, RUCIO_VO: 'b' }], [{ authType: 'x509' }, pod], [{ baseUrl: 'http://r' }, { RUCIO_BASE_URL: 'http://r' }]] as const) {
      assert.ok(!at(more, env).includes('/tmp/rucio_oauth.token'), JSON.stringify([more, env]));
    }
  });

  it('say where they are and how long they last, and not what they are', async () => {
    const tokenFile = write('t', jwt(60));
    const states = await tokenStates({ ...INSTANCE, authType: 'oidc', tokenFile, tokenEnv: 'T' }, of({ T: jwt(-5) }), NOW);
    assert.deepEqual(states.slice(0, 2), [{ place: tokenFile, state: 'set, ends 1970-01-01T00:17:40.000Z' }, { place: 'variable T', state: 'not used: The token in the variable T has expired.' }]);
    assert.match(states[2]!.place, /BEARER_TOKEN \(bearer token discovery\)/);
    assert.doesNotMatch(JSON.stringify(states), /planted/);
  });

  it('whatever a file holds, nothing is thrown and none of it is said; a pipe is not waited for', async () => {
    const name = path.join(folder, 'hostile');
    await fc.assert(fc.asyncProperty(fc.oneof(fc.string().map((text) => `planted${text}`), fc.uint8Array()), async (bytes) => {
      fs.writeFileSync(name, bytes);
      const { why } = await podTokens({ ...INSTANCE, tokenFile: name }, of({}), NOW);
      assert.doesNotMatch(why ?? '', /planted/);
    }), { numRuns: 100 });
    assert.match((await podTokens({ ...INSTANCE, tokenFile: folder }, of({}), NOW)).why!, /is no file/);
    fs.truncateSync(name, 2 << 20);
    assert.match((await podTokens({ ...INSTANCE, tokenFile: name }, of({}), NOW)).why!, /larger than 1 MB/);
  });
});
