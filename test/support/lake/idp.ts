// One of the lake's processes: a real OpenID provider (npm oidc-provider) with code + PKCE, device code, refresh, client
// credentials and token exchange (RFC 8693). Its tokens follow the WLCG profile. There is no password page: every login
// succeeds as the request's login_hint, or as alice. usage: idp.ts LAKE_JSON
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createPrivateKey, createPublicKey, randomUUID, sign as signBytes, verify as verifyBytes, type JsonWebKey } from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { readProcessConfig } from './process-config.ts';

// What is used of oidc-provider, which has no place in the project's own packages and so brings no types.
interface Saved { save(): Promise<string> }
interface Grant extends Saved { addOIDCScope(scope: string): void; addResourceScope(resource: string, scope: string): void }
interface DeviceCode extends Saved { clientId: string; params: { scope?: string; nonce?: string } }
interface Client { clientId: string; grantTypeAllowed(type: string): boolean }
interface Context {
  req: IncomingMessage; res: ServerResponse; url: string; status: number; body: unknown; respond: boolean;
  oidc: {
    params: Record<string, string | undefined>; body?: Record<string, string | undefined>; client: Client; result?: { consent?: { grantId?: string } };
    session: { accountId: string; grantIdFor(client: string): string | undefined };
  };
}
interface Token { kind: string; clientId: string }
interface Jwt { payload: Record<string, unknown> }
interface ProviderInstance {
  use(middleware: (ctx: Context, next: () => Promise<void>) => Promise<void>): void;
  callback(): (req: IncomingMessage, res: ServerResponse) => void;
  on(event: string, listener: (ctx: Context | undefined, error: Error & { error_description?: string; error_detail?: string }) => void): void;
  registerGrantType(name: string, handler: (ctx: Context) => Promise<void>, parameters: string[], repeatable: string[]): void;
  interactionDetails(req: IncomingMessage, res: ServerResponse): Promise<{ prompt: { name: string }; params: { login_hint?: string } }>;
  interactionFinished(req: IncomingMessage, res: ServerResponse, result: object, options: { mergeWithLastSubmission: boolean }): Promise<void>;
  Grant: { new(properties: { clientId: string; accountId: string }): Grant; find(id: string): Promise<Grant | undefined> };
  DeviceCode: { findByUserCode(code: string, options: { ignoreExpiration: boolean }): Promise<DeviceCode | undefined> };
}
type ProviderClass = new (issuer: string, configuration: object) => ProviderInstance;

const { dir, host, ports, issuer, idpModules } = readProcessConfig();
const resolve = createRequire(path.join(idpModules, 'package.json')).resolve;
const { Provider } = await import(pathToFileURL(resolve('oidc-provider')).href) as { Provider: ProviderClass };

const jwks = JSON.parse(fs.readFileSync(path.join(dir, 'pki', 'jwks.json'), 'utf8')) as { keys: [JsonWebKey & { kid: string }] };
const privateKey = createPrivateKey({ key: jwks.keys[0], format: 'jwk' });
const publicKey = createPublicKey(privateKey);

const LIFE = Number(process.env['LAKE_IDP_TTL'] ?? 3600); // seconds an access token lives
const BRIEF = 12;
const PERSON = 'alice';
const DAY = 86_400;
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const SCOPES = ['openid', 'profile', 'email', 'offline_access', 'wlcg.groups', 'fts', 'storage.read:/', 'storage.modify:/', 'storage.create:/'];
const RESOURCE = 'urn:wlcg';
const secretClient = (id: string, grants: string[], redirects: string[]): object => ({
  client_id: id, client_secret: `${id}-secret`, token_endpoint_auth_method: 'client_secret_basic', grant_types: grants, response_types: ['code'], redirect_uris: redirects,
});
/** A program on a person's machine: it can keep no secret. */
const publicClient = (id: string, grants: string[]): object => ({
  client_id: id, token_endpoint_auth_method: 'none', application_type: 'native', grant_types: ['authorization_code', 'refresh_token', DEVICE, ...grants],
  response_types: ['code'], redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback', 'vscode://rucio.rucio-datalake/callback', 'code-oss://rucio.rucio-datalake/callback'],
});
/** Takes each refresh token once, and its access tokens end soon. */
const ROTATING = 'vscode-rotating';
/** Seconds that an access token of this client lives. */
const lifeFor = (client: Pick<Client, 'clientId'> | undefined): number => (['vscode-brief', ROTATING].includes(client?.clientId ?? '') ? BRIEF : LIFE);
const full = <T extends Grant>(grant: T): T => {
  grant.addOIDCScope(SCOPES.join(' '));
  grant.addResourceScope(RESOURCE, SCOPES.join(' '));
  return grant;
};

const provider = new Provider(issuer, {
  jwks,
  clients: [
    secretClient('rucio', ['authorization_code', 'refresh_token', 'client_credentials', EXCHANGE], ['oidc_code', 'oidc_token'].map((p) => `https://${host}:${ports.https}/auth/${p}`)),
    // a hub that keeps the user's token and exchanges it for one that Rucio accepts
    secretClient('hub', ['authorization_code', 'refresh_token', 'client_credentials', EXCHANGE], [`https://${host}/hub/oauth_callback`, 'https://localhost/hub/oauth_callback']),
    publicClient('vscode', [EXCHANGE]),
    // the same with tokens that end soon, and without the exchange
    publicClient('vscode-brief', [EXCHANGE]),
    publicClient('vscode-plain', []),
    publicClient(ROTATING, []),
  ],
  scopes: SCOPES,
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email'] },
  extraParams: ['audience'],
  pkce: { required: (_: Context, client: Client) => client.clientId.startsWith('vscode') },
  issueRefreshToken: async (_: Context, client: Client, code: { scopes: Set<string> }) => client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
  rotateRefreshToken: (ctx: Context) => process.env['LAKE_IDP_ROTATE'] === '1' || ctx.oidc.client.clientId === ROTATING,
  ttl: { AccessToken: (_: Context, _token: Token, client: Client) => lifeFor(client), ClientCredentials: LIFE, IdToken: 3600, RefreshToken: 14 * DAY, DeviceCode: 600, AuthorizationCode: 120, Grant: 14 * DAY, Session: 14 * DAY, Interaction: 600 },
  cookies: { keys: ['lake-test'] },
  findAccount: async (_: Context, id: string) => ({ accountId: id, claims: async () => ({ sub: id, name: id, preferred_username: id, email: `${id}@example.org` }) }),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    deviceFlow: { enabled: true, charset: 'base-20', mask: '****-****' },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => RESOURCE,
      useGrantedResource: () => true,
      getResourceServerInfo: (_: Context, _resource: string, client: Client) => ({ scope: SCOPES.join(' '), audience: 'rucio', accessTokenFormat: 'jwt', accessTokenTTL: lifeFor(client), jwt: { sign: { alg: 'RS256' } } }),
    },
  },
  formats: {
    customizers: {
      jwt(ctx: Context | undefined, token: Token, jwt: Jwt): Jwt {
        const asked = { ...ctx?.oidc.params, ...ctx?.oidc.body };
        jwt.payload['wlcg.ver'] = '1.0';
        jwt.payload['nbf'] = jwt.payload['iat'];
        if (token.kind === 'ClientCredentials') {
          jwt.payload['scope'] = asked['scope']; // storage.read:/some/path is no registered scope
          jwt.payload['sub'] = token.clientId;
        }
        const audience = asked['audience'];
        if (audience) jwt.payload['aud'] = audience.includes(' ') ? audience.split(' ') : audience;
        return jwt;
      },
    },
  },
  loadExistingGrant: async (ctx: Context) => {
    const { clientId } = ctx.oidc.client;
    const id = ctx.oidc.result?.consent?.grantId ?? ctx.oidc.session.grantIdFor(clientId);
    const grant = full((id && await provider.Grant.find(id)) || new provider.Grant({ clientId, accountId: ctx.oidc.session.accountId }));
    await grant.save();
    return grant;
  },
  interactions: { url: (_: Context, interaction: { uid: string }) => `/interaction/${interaction.uid}` },
});

provider.use(async (ctx, next) => {
  const url = new URL(ctx.url, issuer);
  if (url.pathname.startsWith('/interaction/')) return logIn(ctx);
  if (url.pathname === '/test/approve') return approveDevice(ctx, url.searchParams);
  if (url.pathname === '/test/token') {
    const of = (name: string, other: string): string => url.searchParams.get(name) ?? other;
    ctx.body = sign({ sub: of('sub', PERSON), scope: of('scope', 'openid profile'), aud: of('aud', 'rucio'), client_id: 'test' }, Number(of('ttl', String(LIFE))));
    return;
  }
  await next();
});

/** Where a provider would show its password page. */
async function logIn(ctx: Context): Promise<void> {
  const { prompt, params } = await provider.interactionDetails(ctx.req, ctx.res);
  // For tests: the one who says no.
  const result = params.login_hint === 'nobody' ? { error: 'access_denied', error_description: 'the user said no' } : prompt.name === 'login' ? { login: { accountId: params.login_hint ?? PERSON } } : { consent: {} };
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: true });
  ctx.respond = false;
}

/** For tests: what a person does in the browser for a device code. */
async function approveDevice(ctx: Context, query: URLSearchParams): Promise<void> {
  const userCode = (query.get('user_code') ?? '').replace(/[^a-z0-9]/gi, '').toUpperCase();
  const code = await provider.DeviceCode.findByUserCode(userCode, { ignoreExpiration: true });
  if (!code) {
    ctx.status = 404;
    ctx.body = 'no such user code\n';
    return;
  }
  if (query.get('deny')) {
    Object.assign(code, { error: 'access_denied', errorDescription: 'the user said no' });
    await code.save();
    ctx.body = 'denied\n';
    return;
  }
  const accountId = query.get('login') ?? PERSON;
  const grantId = await full(new provider.Grant({ clientId: code.clientId, accountId })).save();
  Object.assign(code, { accountId, grantId, scope: code.params.scope ?? 'openid', claims: {}, authTime: Math.floor(Date.now() / 1000), resource: [RESOURCE], nonce: code.params.nonce, amr: ['pwd'] });
  await code.save();
  ctx.body = `approved ${userCode} as ${accountId}\n`;
}

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token with any claims, signed by the provider; `life` in seconds, in the past when negative. */
function sign(claims: Readonly<Record<string, unknown>>, life = LIFE): string {
  const now = Math.floor(Date.now() / 1000);
  const since = Math.min(now, now + life - 1);
  const text = `${base64({ alg: 'RS256', kid: jwks.keys[0].kid, typ: 'at+jwt' })}.${base64({ 'wlcg.ver': '1.0', ...claims, jti: randomUUID(), iss: issuer, iat: since, nbf: since, exp: now + life })}`;
  return `${text}.${signBytes('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url')}`;
}

/** The claims of one of our tokens; throws when it is not ours or too old. */
function verified(token: string): Record<string, unknown> {
  const [head, payload, signature] = token.split('.');
  if (!head || !payload || !signature || !verifyBytes('RSA-SHA256', Buffer.from(`${head}.${payload}`), publicKey, Buffer.from(signature, 'base64url'))) throw new Error('not a token of this issuer');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  if (claims['iss'] !== issuer) throw new Error('another issuer');
  if (Number(claims['exp']) * 1000 < Date.now()) throw new Error('expired');
  return claims;
}

// oidc-provider 9 gives its own grant types' handlers no `next`
provider.registerGrantType(EXCHANGE, async (ctx) => {
  const asked = ctx.oidc.params;
  const refuse = (error: string, error_description: string): void => {
    ctx.status = 400;
    ctx.body = { error, error_description };
  };
  if (!asked['subject_token']) return refuse('invalid_request', 'subject_token missing');
  let subject: Record<string, unknown>;
  try {
    subject = verified(asked['subject_token']);
  } catch (error) {
    return refuse('invalid_grant', `subject_token: ${(error as Error).message}`);
  }
  const scope = asked['scope'] ?? String(subject['scope'] ?? 'openid profile');
  if (asked['audience'] === 'nowhere') return refuse('invalid_target', 'no such audience');
  const life = lifeFor(ctx.oidc.client);
  ctx.body = {
    access_token: sign({ sub: subject['sub'], scope, aud: asked['audience'] ?? 'rucio', client_id: ctx.oidc.client.clientId, act: { sub: ctx.oidc.client.clientId } }, life),
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token', token_type: 'Bearer', expires_in: life, scope,
  };
}, ['subject_token', 'subject_token_type', 'requested_token_type', 'audience', 'scope', 'resource', 'actor_token', 'actor_token_type'], ['audience', 'resource']);

for (const event of ['server_error', 'grant.error', 'authorization.error']) {
  provider.on(event, (ctx, error) => console.error(event, ctx?.oidc?.client?.clientId ?? '', error.message, error.error_description ?? '', error.error_detail ?? ''));
}

const server = https.createServer({ key: fs.readFileSync(path.join(dir, 'pki', 'host.key')), cert: fs.readFileSync(path.join(dir, 'pki', 'host.pem')) }, provider.callback());
const listen = (): unknown => server.listen(ports.idp, '127.0.0.1', () => console.log('provider ready', issuer));
listen();

// Away and back again, with all that it remembers: nothing listens there meanwhile.
let away: NodeJS.Timeout | undefined;
process.on('SIGUSR2', () => {
  clearInterval(away);
  if (!server.listening) return listen();
  away = setInterval(() => undefined, 60_000); // a process that waits for nothing ends
  server.close();
  server.closeAllConnections();
});
