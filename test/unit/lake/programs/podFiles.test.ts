// Where the token files of a pod are left to whoever set the pod up.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, it } from 'node:test';
import { PodFiles } from '../../../../src/lake/programs/podFiles.ts';
import type { Instance, ProgramSettings } from '../../../../src/lake/types.ts';

const INSTANCE: Instance = { name: 'lake', displayName: 'The Lake', baseUrl: 'https://r', authUrl: 'https://r', mode: 'replica', pathBeginsAt: 0, ruleLifetimeDays: 7, origin: 'test' };
/** Rucio's own sign-in page gave it: to which client, only the server knows. */
const TOKEN = `e30.${Buffer.from(JSON.stringify({ exp: Date.now() / 1000 + 3600, aud: 'rucio' })).toString('base64url')}.x`;

let folder: string;
before(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pod-files-')); });
after(() => fs.rmSync(folder, { recursive: true }));

it('a file that is looked at for the pod’s token gets none of ours where tokens don’t tell whose they are: it would sign in again by itself after a sign-out', async () => {
  const file = path.join(folder, 'token');
  const settings: ProgramSettings = { tokenFiles: 'auto', rucioTokenFile: file, rucioAudience: 'rucio', eosTokenFile: '', eosAudience: '', eosIntrospection: '' };
  const write = async (env: Record<string, string>, more: Partial<ProgramSettings> = {}): Promise<boolean> => {
    fs.rmSync(file, { force: true });
    const { problems } = await new PodFiles({ instance: INSTANCE, environment: (name) => env[name] }).write({ ...settings, ...more }, { token: TOKEN, method: 'oidc' });
    assert.deepEqual(problems, []);
    return fs.existsSync(file);
  };
  assert.equal(await write({}), true);
  assert.equal(await write({ BEARER_TOKEN_FILE: file }), false);
  assert.equal(await write({ BEARER_TOKEN_FILE: file }, { tokenFiles: 'on' }), true, 'who wants it has it');
});
