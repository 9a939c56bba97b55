// Signing in with a code at a real OpenID provider (device flow), its token used at a real Rucio.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { explain } from '../../src/lake/advice.ts';
import type { Page } from '../../src/rucio/auth/way.ts';
import { RucioError } from '../../src/rucio/errors.ts';
import { postForm, secure } from '../support/lake/client.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { openLake, type Opened } from './open-lake.ts';

let info: LakeInfo;
before(async () => {
  info = await sharedLake();
});

/** A person who does `answer` ("login=bob", "deny=1") on the page with the code, or nothing, and leaves it open. */
function open({ answer = '', settings = {} }: { answer?: string | null; settings?: Readonly<Record<string, unknown>> } = {}): Opened & { readonly pages: Page[] } {
  const pages: Page[] = [];
  const openPage = async (page: Page, signal: AbortSignal): Promise<void> => {
    pages.push(page);
    assert.match(page.userCode!, /^[A-Z]{4}-[A-Z]{4}$/);
    if (answer === null) return;
    const reply = await secure(info, `${info.idp.approve}?user_code=${page.userCode}&${answer}`);
    assert.equal(reply.status, 200, reply.text);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve());
    });
  };
  return { ...openLake(info, null, { people: { openPage }, settings: { oidc_issuer: info.idp.issuer, oidc_client_id: info.idp.clients.public, ...settings } }), pages };
}

const refreshTokenIn = (text: string | null): string => (JSON.parse(text ?? '{}') as { refreshToken: string }).refreshToken;

test('a code, a page, a token; renewed quietly, also after a restart; signing out tells the provider', async () => {
  const { lake, calls, stored, pages, asked } = open({ answer: 'login=alice' });
  assert.ok((await lake.session.methods()).includes('device'));
  const session = await lake.session.signIn({ method: 'device' });
  assert.deepEqual([session.account, session.method], ['alice', 'device']);
  assert.ok(session.expiresAt! > Date.now() + 600_000);
  assert.equal(pages[0]!.host, new URL(info.idp.issuer).host);
  assert.ok((await lake.listScopes(true)).includes('user.alice'));
  const token = await lake.session.current();
  const newer = await lake.session.renew(token);
  assert.notEqual(newer, token);
  lake.close();

  const next = open();
  next.stored.value = stored.value;
  // Two that come at once, without a question: one renewal.
  const [quiet] = await Promise.all([next.lake.session.signInQuietly(), next.lake.session.signInQuietly(), next.lake.listScopes(false)]);
  assert.equal(quiet.account, 'alice');
  const refreshToken = refreshTokenIn(next.stored.value);
  assert.equal(next.calls.filter((line) => line.startsWith('POST /token ')).length, 1);
  await next.lake.session.signOut();
  assert.equal(next.stored.value, null);
  const dead = await postForm(info, '/token', { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: info.idp.clients.public });
  assert.deepEqual([dead.status, (JSON.parse(dead.text) as { error: string }).error], [400, 'invalid_grant']);
  next.lake.close();
  assert.deepEqual([...asked, ...next.asked, ...next.pages], []);

  const log = [...calls, ...next.calls].join('\n');
  for (const secret of [token, newer, refreshToken, refreshTokenIn(stored.value), pages[0]!.userCode!]) assert.ok(!log.includes(secret));

  // What was revoked is found out in words.
  const late = open();
  late.stored.value = stored.value;
  await assert.rejects(late.lake.session.signInQuietly(), (error) => RucioError.is(error, 'signInNeeded') && /^Your sign-in at lake\.test:\d+ has ended\./.test(error.message));
  late.lake.close();
});

test('declined, given up, for another account, for another audience: each in its sentence', async () => {
  const started = Date.now();
  const says = async (opened: Opened, kind: RucioError['kind'], words: RegExp, account?: string): Promise<void> => {
    await assert.rejects(opened.lake.session.signIn({ method: 'device', ...(account !== undefined && { account }) }), (error) => {
      assert.ok(RucioError.is(error), String(error));
      assert.equal(error.kind, kind, error.message);
      assert.match(error.message, words);
      return true;
    });
    assert.equal(opened.stored.value, null);
    opened.lake.close();
  };
  await Promise.all([
    says(open({ settings: { oidc_scope: 'openid' } }), 'wrongCredentials', /signed you in, but the Rucio server does not take its token: .*oidc_scope/),
    says(open({ answer: 'deny=1' }), 'wrongCredentials', /declined at lake\.test:\d+\. \(access_denied/),
    says(open({ answer: null }), 'cancelled', /given up/).then(() => assert.ok(Date.now() - started < 3000, 'at once, not at the next poll')),
    says(open({ answer: 'login=alice' }), 'wrongCredentials', /takes you for the account alice, and bob is wanted/, 'bob'),
    says(open({ settings: { oidc_audience: 'somebody-else' } }), 'wrongCredentials', /signed you in, but the Rucio server does not take its token: .*oidc_audience/),
  ]);
});

test('a provider that is not there, is another, or does not know us', async () => {
  const cases: readonly (readonly [Readonly<Record<string, unknown>>, RucioError['kind'], RegExp])[] = [
    [{ oidc_issuer: 'https://no-such-host.invalid' }, 'unreachable', /no-such-host\.invalid:443 can't be reached/],
    [{ oidc_issuer: info.idp.issuer.replace('lake.test', 'localhost') }, 'configuration', /says that it is another OpenID provider, so nothing was asked of it/],
    [{ oidc_issuer: info.rucio.https }, 'configuration', /does not answer as an OpenID provider does/],
    [{ oidc_client_id: 'nobody' }, 'configuration', /does not let the client “nobody” \(oidc_client_id\)/],
  ];
  for (const [settings, kind, words] of cases) {
    const { lake, pages } = open({ settings });
    await assert.rejects(lake.session.signIn({ method: 'device' }), (error) => {
      assert.equal(explain(error).kind, kind, String(error));
      assert.match(explain(error).what, words);
      return true;
    });
    assert.equal(pages.length, 0);
    lake.close();
  }
});
