// Signing in at a real OpenID provider in a browser that comes back (authorization code with PKCE), its token used at a real Rucio.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { CodeWay } from '../../src/rucio/auth/code.ts';
import type { Page, People } from '../../src/rucio/auth/way.ts';
import { RucioError } from '../../src/rucio/errors.ts';
import { postForm } from '../support/lake/client.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { sharedLake } from '../support/lake/shared.ts';
import { visit } from '../support/lake/visit.ts';
import { openLake, type Opened } from './open-lake.ts';

const REDIRECT = 'vscode://rucio.rucio-datalake/callback';

let info: LakeInfo;
before(async () => {
  info = await sharedLake();
});

/** `as`: whom the provider takes the person for; null = the page stays open. `change` = what somebody does to the answer on its way. */
function browser(as: string | null, change: (fields: Map<string, string>) => void = () => undefined): { people: People; pages: Page[]; answers: Map<string, string>[] } {
  const pages: Page[] = [];
  const answers: Map<string, string>[] = [];
  let came: (fields: ReadonlyMap<string, string>) => void = () => undefined;
  const answer = new Promise<ReadonlyMap<string, string>>((resolve) => { came = resolve; });
  const people: People = {
    redirectAddress: async () => REDIRECT,
    answer: () => answer,
    openPage: async (page, signal) => {
      pages.push(page);
      const end = new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve());
        if (signal.aborted) resolve();
      });
      if (as !== null) {
        const { url } = await visit(info, page.url, as);
        assert.ok(url.startsWith(`${REDIRECT}?`), url);
        const fields = new Map(new URL(url).searchParams);
        answers.push(new Map(fields));
        change(fields);
        came(fields);
      }
      await end;
    },
  };
  return { people, pages, answers };
}

const open = (people: People, settings: Readonly<Record<string, unknown>> = {}): Opened => openLake(info, null, { people, settings: { oidc_issuer: info.idp.issuer, oidc_client_id: info.idp.clients.public, ...settings } });

test('the page, back with a code, a token; renewed quietly, also after a restart; signing out tells the provider', async () => {
  const { people, pages, answers } = browser('alice');
  const { lake, calls, stored } = open(people);
  assert.deepEqual((await lake.session.methods()).slice(0, 2), ['code', 'device']);
  const session = await lake.session.signIn({ method: 'code' });
  assert.deepEqual([session.account, session.method], ['alice', 'code']);
  const asked = new URL(pages[0]!.url).searchParams;
  assert.deepEqual([asked.get('redirect_uri'), asked.get('code_challenge_method')], [REDIRECT, 'S256']);
  assert.ok((await lake.listScopes(true)).includes('user.alice'));
  const token = await lake.session.current();
  assert.notEqual(await lake.session.renew(token), token);
  lake.close();

  const next = open(browser(null).people);
  next.stored.value = stored.value;
  assert.equal((await next.lake.session.signInQuietly()).method, 'code');
  const { refreshToken } = JSON.parse(next.stored.value!) as { refreshToken: string };
  await next.lake.session.signOut();
  assert.equal(next.stored.value, null);
  const dead = await postForm(info, '/token', { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: info.idp.clients.public });
  assert.equal(dead.status, 400);
  next.lake.close();
  const log = [...calls, ...next.calls].join('\n');
  for (const secret of [token, refreshToken, answers[0]!.get('code')!, answers[0]!.get('state')!]) assert.ok(!log.includes(secret));
});

test('declined, from another provider, from nobody, for another’s code, nowhere to come back to: each in its sentence', async () => {
  const says = async (people: People, kind: RucioError['kind'], words: RegExp): Promise<void> => {
    const opened = open(people);
    await assert.rejects(opened.lake.session.signIn({ method: 'code' }), (error) => {
      assert.ok(RucioError.is(error), String(error));
      assert.equal(error.kind, kind, error.message);
      assert.match(error.message, words);
      return true;
    });
    assert.equal(opened.stored.value, null);
    opened.lake.close();
  };
  await Promise.all([
    says(browser('nobody').people, 'wrongCredentials', /declined at lake\.test:\d+\. \(access_denied: the user said no\)/),
    says(browser('alice', (fields) => fields.set('iss', 'https://evil.example')).people, 'wrongCredentials', /You were to sign in at lake\.test:\d+, and the answer came from evil\.example: it was not taken/),
    says(browser('alice', (fields) => fields.delete('iss')).people, 'wrongCredentials', /the answer came from who does not say so: it was not taken/),
    says(browser('alice', (fields) => fields.set('state', 'another')).people, 'configuration', /invalid response/),
    says(browser('alice', (fields) => fields.set('code', 'another')).people, 'signInNeeded', /has ended\. \(invalid_grant/),
    says({ ...browser('alice').people, redirectAddress: async () => null }, 'signInNeeded', /can't come back to this window.*Sign in in the browser with a code instead/),
  ]);
});

test('nobody comes back: not for ever, and at once when the person gives up', async () => {
  const { lake } = open({});
  const context = { transport: lake.transport, oidc: { issuer: info.idp.issuer, clientId: info.idp.clients.public } };
  const never: People = { ...browser(null).people };
  await assert.rejects(new CodeWay({}, { ...context, people: never }, 200).signIn(), (error) => RucioError.is(error, 'signInNeeded') && error.message.includes(`${REDIRECT} must be registered there`));
  await assert.rejects(new CodeWay({}, { ...context, people: { ...never, openPage: async () => undefined } }).signIn(), (error) => RucioError.is(error, 'cancelled'));
  const stop = new AbortController();
  const cancelled = new CodeWay({}, { ...context, people: never }).signIn(stop.signal);
  setTimeout(() => stop.abort(), 200);
  await assert.rejects(cancelled, (error) => RucioError.is(error, 'cancelled'));
  lake.close();
});
