// A hub as a small server: what it may answer, and that nothing secret leaves by a sentence.
import assert from 'node:assert/strict';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { explain, withoutSecrets } from '../../../../src/lake/advice.ts';
import { HubTokens } from '../../../../src/lake/session/hub.ts';
import { RucioError } from '../../../../src/rucio/errors.ts';

let server: http.Server;
let base: string;
let answers: Record<string, [number, unknown]> = {};
const asked: string[] = [];
const authorization = new Set<string | undefined>();
const log: string[] = [];
before(async () => {
  server = http.createServer((request, response) => {
    asked.push(request.url ?? '');
    authorization.add(request.headers.authorization);
    const [status, body] = answers[request.url ?? ''] ?? [404, { message: 'planted-secret' }];
    response.writeHead(status, status === 302 ? { Location: String(body) } : {}).end(typeof body === 'string' ? body : JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

function hub(env: Record<string, string> = {}, tokenUrl = ''): { hub: HubTokens; clock: { now: number } } {
  const clock = { now: 1_000_000 };
  const all: Record<string, string> = { JUPYTERHUB_API_URL: `${base}/hub/api`, JUPYTERHUB_API_TOKEN: 'planted-secret', JUPYTERHUB_USER: 'alice@x', JUPYTERHUB_BASE_URL: '/', ...env };
  asked.length = 0;
  return { clock, hub: new HubTokens({ environment: (name) => all[name], tokenUrl: () => tokenUrl, network: {}, now: () => clock.now, log: (line) => log.push(line) }) };
}
const TOKENS = { name: 'alice', tokens: { eos: { access_token: 'for-eos' }, rucio: { access_token: 'for-rucio' } } };

describe('a hub that hands out tokens', () => {
  it('is asked at its API, one way after the other, with the pod\'s own token', async () => {
    answers = { '/hub/api/pod-tokens': [200, TOKENS] };
    assert.deepEqual(await hub().hub.token(), { token: 'for-rucio' });
    assert.deepEqual(asked, ['/hub/api/pod-tokens']);
    assert.deepEqual([...authorization], ['token planted-secret']);
    assert.match(log.join(), /^GET \/hub\/api\/pod-tokens 200 \d+ ms #\d+ \(127\.0\.0\.1:\d+\)$/);
    assert.equal(withoutSecrets('planted-secret was sent'), '… was sent');
    answers = { '/hub/api/users/alice%40x': [200, { auth_state: { access_token: 'never-this', exchanged_tokens: { 'rucio-lake': 'b', eos: 'c' } } }] };
    assert.deepEqual(await hub().hub.token(), { token: 'b' });
    answers = { '/hub/api/user': [200, { auth_state: { exchanged: { only: { access_token: 'd' } } } }] };
    assert.deepEqual(await hub().hub.token(), { token: 'd' });
    assert.equal(asked.length, 3);
  });

  it('is asked at the configured address only, where there is one', async () => {
    answers = { '/services/pod-tokens/': [200, TOKENS], '/hub/api/pod-tokens': [200, { tokens: { rucio: 'wrong' } }] };
    assert.deepEqual(await hub({}, `${base}/services/pod-tokens/`).hub.token(), { token: 'for-rucio' });
    answers = { '/services/pod-tokens/': [302, `${base}/elsewhere`] };
    const away = await hub({}, `${base}/services/pod-tokens/`).hub.token();
    assert.match((away as { text: string }).text, /sends us elsewhere/);
    assert.deepEqual(asked, ['/services/pod-tokens/'], 'the secret did not go along');
    for (const address of ['nonsense', 'file:///x', 'https://u:planted-secret@h']) {
      const why = await hub({}, address).hub.token();
      assert.match((why as { text: string }).text, /no usable address/);
      assert.doesNotMatch(JSON.stringify(why), /planted-secret/);
    }
  });

  it('says 403 when the sign-in there has ended: a sentence, the page, no secret; and is asked again soon', async () => {
    answers = { '/hub/api/pod-tokens': [403, 'planted-secret'], '/hub/api/users/alice%40x': [403, {}], '/hub/api/user': [403, {}] };
    const { hub: one, clock } = hub({ VSCODE_PROXY_URI: 'https://hub.example.org:8443/user/alice/vscode/proxy/{{port}}/' });
    assert.deepEqual(await one.token(), { text: 'Your sign-in at the hub has ended.', final: true, link: 'https://hub.example.org:8443/hub/login' });
    const explained = explain(new RucioError('signInNeeded', 'Your sign-in at the hub has ended.', { link: 'https://hub.example.org:8443/hub/login' }), { instance: 'lake' });
    assert.deepEqual([explained.what, explained.link, explained.actions[0]], ['Your sign-in at the hub has ended.', 'https://hub.example.org:8443/hub/login', 'openLink']);
    const calls = asked.length;
    await one.token();
    assert.equal(asked.length, calls);
    answers = { '/hub/api/pod-tokens': [200, TOKENS] };
    clock.now += 6000;
    assert.deepEqual(await one.token(), { token: 'for-rucio' });
    answers = { '/hub/api/pod-tokens': [403, {}], '/hub/api/user': [403, {}] };
    for (const [env, link] of [[{ JUPYTERHUB_PUBLIC_HUB_URL: 'https://p.example.org/hub/' }, 'https://p.example.org/hub/login'], [{ JUPYTERHUB_HOST: 'https://h.example.org', JUPYTERHUB_BASE_URL: '/pre/' }, 'https://h.example.org/pre/hub/login']] as const) {
      assert.equal((await hub(env).hub.token() as { link: string }).link, link);
    }
    const without = await hub().hub.token() as { text: string; link?: string };
    assert.equal(without.link, undefined);
    assert.match(without.text, /sign-in at the hub has ended\. Open the hub in your browser/);
  });

  it('that has no tokens to give is left alone; one that does not answer is not the person\'s fault', async () => {
    answers = { '/hub/api/pod-tokens': [403, {}], '/hub/api/users/alice%40x': [404, {}], '/hub/api/user': [200, { name: 'alice', auth_state: null }] };
    const { hub: plain, clock } = hub();
    assert.equal(await plain.token(), undefined);
    clock.now += 500_000;
    await plain.token();
    assert.equal(asked.length, 3);
    assert.equal(await hub({ JUPYTERHUB_API_TOKEN: '' }).hub.token(), undefined);
    assert.equal(await hub({ JUPYTERHUB_API_URL: '' }).hub.token(), undefined);
    const why = await hub({}, 'http://127.0.0.1:1/tokens').hub.token() as { text: string; final?: boolean };
    assert.match(why.text, /could not be asked for a token: .*refused the connection/);
    assert.equal(why.final, undefined);
    for (const [status, body] of [[200, '<html>'], [200, { tokens: { rucio: 'two\nlines' } }], [200, { tokens: { a: 'x', b: 'y' } }], [502, 'x']] as const) {
      answers = { '/t': [status, body] };
      const gave = await hub({}, `${base}/t`).hub.token();
      assert.match((gave as { text: string }).text, /gave no token/, JSON.stringify(body));
      assert.doesNotMatch(JSON.stringify(gave), /planted|lines/);
    }
  });
});
