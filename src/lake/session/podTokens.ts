// Tokens that lie ready in a pod: in the variable or file that an instance names, and where the WLCG's bearer token
// discovery looks (v1: BEARER_TOKEN, BEARER_TOKEN_FILE, $XDG_RUNTIME_DIR/bt_u<uid>, /tmp/bt_u<uid>), and at last the
// file that a data lake's hub keeps fresh for the pod's own server, named or not. Read at each use.
import path from 'node:path';
import { clientOf, tokenExpiry } from '../../rucio/auth/token.ts';
import { readSmallFile } from '../config/files.ts';
import type { Instance } from '../types.ts';

export type Environment = (name: string) => string | undefined;

export interface PodToken {
  readonly token: string;
  readonly method: 'environment' | 'file';
  /** For a sentence: "The token in /tmp/rucio_oauth.token". */
  readonly name: string;
  /** End of its life by its own word, ms since 1970. */
  readonly ends?: number;
  readonly path?: string;
  /** Nobody said that it is for this server. */
  readonly discovered?: boolean;
}

interface Place {
  readonly kind: 'environment' | 'file';
  readonly at: string;
  /** Looked at because everybody does: it is no problem when nothing is there. */
  readonly found: boolean;
  /** Anybody may put a file there, so it must be our own. */
  readonly ours?: boolean;
  /** Programs of ours may have written there, too: a token of this client's is from a sign-in here, and no source of one. */
  readonly notFrom?: string | undefined;
  /** For a person: who looks there. */
  readonly custom?: string;
}

type Look = PodToken | { readonly problem: string; readonly missing: boolean; readonly expired?: boolean; readonly own?: boolean };

/** Where the hub of a data lake writes the pod's token (swanoauthrenew), whatever the pod's variables name. */
const HUB_FILE = '/tmp/rucio_oauth.token';

/** In the order in which they are tried. What an instance names comes before what is discovered. */
export function tokenPlaces(instance: Pick<Instance, 'tokenEnv' | 'tokenFile' | 'tokenEnvFirst' | 'authType' | 'baseUrl' | 'vo' | 'oidcClientId'>, environment: Environment, uid = process.getuid?.()): Place[] {
  const { tokenEnv, tokenFile, tokenEnvFirst, authType, baseUrl, oidcClientId } = instance;
  const named: Place[] = [
    ...(tokenFile === undefined ? [] : [{ kind: 'file', at: tokenFile, found: false } as const]),
    ...(tokenEnv === undefined ? [] : [{ kind: 'environment', at: tokenEnv, found: false } as const]),
  ];
  if (tokenEnvFirst) named.reverse();
  // A token that was issued for nobody in particular is not shown to whoever listens on the way.
  if ((authType !== undefined && authType !== 'oidc') || !baseUrl.startsWith('https://')) return named;
  const [file, runtime] = [environment('BEARER_TOKEN_FILE'), environment('XDG_RUNTIME_DIR')];
  const shared = uid === undefined ? [] : [...(runtime ? [path.join(runtime, `bt_u${uid}`)] : []), `/tmp/bt_u${uid}`];
  const discovered: Place[] = [
    { kind: 'environment', at: 'BEARER_TOKEN', found: true },
    ...(file && path.isAbsolute(file) ? [{ kind: 'file', at: file, found: true } as const] : []),
    ...shared.filter((at) => path.isAbsolute(at)).map((at) => ({ kind: 'file', at, found: true, ours: true }) as const),
    ...(uid !== undefined && isPods(instance, environment) ? [{ kind: 'file', at: HUB_FILE, found: true, ours: true, notFrom: oidcClientId, custom: 'as the hub writes it' } as const] : []),
  ];
  return [...named, ...discovered.filter(({ at }) => !named.some((other) => other.at === at))];
}

/** The server that the pod was made for. */
function isPods({ baseUrl, vo }: Pick<Instance, 'baseUrl' | 'vo'>, environment: Environment): boolean {
  const [server, podVo] = [environment('RUCIO_BASE_URL')?.trim(), environment('RUCIO_VO')?.trim()];
  return server !== undefined && URL.canParse(server) && new URL(server).href.replace(/\/+$/, '') === new URL(baseUrl).href.replace(/\/+$/, '') && (!podVo || vo === undefined || podVo === vo);
}

/**
 * Those that may work: first, in the order of the places, those that last longer than `margin` (ms), then the others, the
 * longest first. `why` (a sentence, without a token) says why a place that was named holds none; `expired`: one did,
 * by its own word.
 */
export async function podTokens(instance: Instance, environment: Environment, now: number, margin = 0): Promise<{ readonly tokens: PodToken[]; readonly why?: string; readonly expired: boolean }> {
  const places = tokenPlaces(instance, environment);
  const looks = await Promise.all(places.map((place) => look(place, environment, now)));
  const tokens = looks.filter((one) => 'token' in one);
  const why = looks.find((one, i) => 'problem' in one && !one.own && !(one.missing && places[i]?.found)) as { problem: string } | undefined;
  const lasting = tokens.filter((one) => lasts(one, now, margin));
  const ending = tokens.filter((one) => !lasts(one, now, margin)).sort((a, b) => (b.ends ?? 0) - (a.ends ?? 0));
  return { tokens: [...lasting, ...ending], ...(why && { why: why.problem }), expired: looks.some((one) => 'expired' in one) };
}

export function lasts({ ends }: Pick<PodToken, 'ends'>, now: number, margin: number): boolean {
  return ends === undefined || ends - margin > now;
}

/** For *Show Configuration*: each place, and in words what is there; no token. */
export async function tokenStates(instance: Instance, environment: Environment, now: number): Promise<{ readonly place: string; readonly state: string }[]> {
  return Promise.all(tokenPlaces(instance, environment).map(async (place) => {
    const found = await look(place, environment, now);
    const state = 'token' in found ? `set${found.ends === undefined ? '' : `, ends ${isoTime(found.ends)}`}` : found.missing ? 'not there' : `not used: ${found.problem}`;
    return { place: `${place.kind === 'file' ? place.at : `variable ${place.at}`}${place.found ? ` (${place.custom ?? 'bearer token discovery'})` : ''}`, state };
  }));
}

async function look({ kind, at, found, ours, notFrom }: Place, environment: Environment, now: number): Promise<Look> {
  if (kind === 'environment') {
    const token = environment(at)?.trim();
    return token ? checked({ token, method: 'environment', name: `The token in the variable ${at}`, discovered: found }, now) : { problem: `The variable ${at} holds no token.`, missing: true };
  }
  const read = await readSmallFile(at);
  if (!('text' in read)) return { problem: `The token file ${at} ${read.problem}.`, missing: read.missing };
  // A stranger's token would make us work under the stranger's name.
  if (ours && process.getuid && read.uid !== process.getuid()) return { problem: `The token file ${at} belongs to another user.`, missing: false };
  const token = read.text.trim();
  if (token === '') return { problem: `The token file ${at} is empty.`, missing: false };
  if (notFrom !== undefined && clientOf(token) === notFrom) return { problem: `The token in ${at} is from a sign-in here, written for other programs.`, missing: false, own: true };
  return checked({ token, method: 'file', name: `The token in ${at}`, path: at, discovered: found }, now);
}

function checked(token: PodToken, now: number): Look {
  if (/[^\x20-\x7e]/.test(token.token)) return { problem: `${token.name} is not a token: it has line breaks or other characters that no token has.`, missing: false };
  const ends = tokenExpiry(token.token);
  if (ends === undefined) return token;
  return ends <= now ? { problem: `${token.name} has expired.`, missing: false, expired: true } : { ...token, ends };
}

/** A time that no calendar has stays a number. */
function isoTime(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}
