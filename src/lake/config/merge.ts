// The same server described by several sources becomes one instance: the stronger source's values hold, what it leaves
// open is taken from the weaker one, and what was not taken is kept with the reason, for *Show Configuration*.
import { type Entry, type Key, PASSWORD_KEYS, type Source, shown, textOf, type Value } from './entry.ts';

export interface Ignored {
  readonly key: string;
  readonly source: string;
  /** As a person may see it. */
  readonly value: string;
  readonly why: string;
}

export interface Merged extends Entry {
  /** Also the names that weaker sources have for it: a default may go by one of them. */
  readonly names: ReadonlySet<string>;
  readonly ignored: readonly Ignored[];
}

interface Working {
  readonly source: Source;
  readonly entry: Entry;
  readonly values: Map<Key, Value>;
  readonly names: Set<string>;
  readonly ignored: Ignored[];
  readonly completedBy: Set<string>;
}

/** Where data comes to lie belongs together; so do where a pod's scratch lies, where a ready token lies, and an OpenID provider with our client there. */
const PLACE: readonly Key[] = ['mode', 'destination_rse', 'rse_mount_path', 'path_begins_at'];
const SCRATCH: readonly Key[] = ['scratch_rse', 'scratch_mount_path', 'scratch_path_begins_at', 'scratch_folder'];
const TOKEN: readonly Key[] = ['oidc_auth', 'oidc_env_name', 'oidc_file_name'];
const PROVIDER: readonly Key[] = ['oidc_issuer', 'oidc_client_id', 'oidc_scope', 'oidc_audience'];

/** `twice`: two entries of one source with the same name; the second is left out. */
export function mergeSources(sources: readonly Source[], twice: (entry: Entry, name: string) => void): Merged[] {
  const all: Working[] = [];
  for (const source of sources) {
    for (const entry of source.entries) {
      const name = textOf(entry, 'name');
      const named = name === undefined ? undefined : all.find((one) => one.names.has(name));
      if (named?.source === source) {
        twice(entry, name ?? '');
        continue;
      }
      if (named && !sameServer(named, entry)) {
        for (const [key, value] of entry.values) if (key === 'rucio_base_url') named.ignored.push({ key, source: entry.origin, value: shown(value.value), why: `another server of the same name; ${named.entry.origin} is stronger, and nothing else is taken from there` });
        continue;
      }
      const same = named ? [named] : all.filter((one) => one.source !== source && address(one) !== undefined && sameServer(one, entry));
      for (const one of same) complete(one, entry);
      const absorbed = named ?? same.find((one) => samePlace(one, entry));
      if (absorbed) {
        if (name !== undefined) absorbed.names.add(name);
      } else all.push({ source, entry, values: new Map(entry.values), names: new Set(name === undefined ? [] : [name]), ignored: [], completedBy: new Set() });
    }
  }
  return all.map(({ entry, values, names, ignored, completedBy }) => ({
    ...entry, values, names, ignored,
    origin: completedBy.size === 0 ? entry.origin : `${entry.origin}, completed by ${[...completedBy].join(' and ')}`,
  }));
}

/** Same address and no other VO. One without an address (a correction by name) goes with any. */
function sameServer(one: Pick<Entry, 'values'>, other: Pick<Entry, 'values'>): boolean {
  const [a, b] = [address(one), address(other)];
  return (a === undefined || b === undefined || a === b) && agree(one, other, 'vo');
}

/** Two storages of one server are two instances: neither may swallow the other. */
function samePlace(one: Working, entry: Entry): boolean {
  return agree(one, entry, 'destination_rse') && (textOf(one, 'mode') ?? 'replica') === (textOf(entry, 'mode') ?? 'replica');
}

function agree(one: Pick<Entry, 'values'>, other: Pick<Entry, 'values'>, key: Key): boolean {
  const [a, b] = [textOf(one, key), textOf(other, key)];
  return a === undefined || b === undefined || a === b;
}

/** Host names are alike in any case; a default port and slashes at the end mean nothing. */
function address(entry: Pick<Entry, 'values'>, key: Key = 'rucio_base_url'): string | undefined {
  const text = textOf(entry, key);
  return text !== undefined && URL.canParse(text) ? new URL(text).href.replace(/\/+$/, '') : undefined;
}

function complete(one: Working, weaker: Entry): void {
  const stronger = one.entry.origin;
  // Before anything is filled in: which groups may be taken.
  const place = samePlace(one, weaker);
  const scratch = agree(one, weaker, 'scratch_rse');
  const ownToken = TOKEN.some((key) => textOf(one, key) !== undefined);
  const ownProvider = PROVIDER.some((key) => textOf(one, key) !== undefined);
  const signIn = address(one, 'rucio_auth_url') ?? address(one) ?? address(weaker);
  const sameSignIn = one.values.get('rucio_auth_url') === undefined || signIn === (address(weaker, 'rucio_auth_url') ?? address(weaker));
  const whyNot = (key: Key): string | undefined => {
    if (PLACE.includes(key) && !place) return `it belongs to another storage than that of ${stronger}`;
    if (SCRATCH.includes(key) && !scratch) return `it belongs to another scratch space than that of ${stronger}`;
    if (TOKEN.includes(key) && ownToken) return `${stronger} names a place of its own for the token`;
    if (PROVIDER.includes(key) && ownProvider) return `${stronger} names a provider of its own`;
    if ([TOKEN, PROVIDER, PASSWORD_KEYS].some((group) => group.includes(key)) && !sameSignIn) return `${stronger} signs in at another address`;
    if (PASSWORD_KEYS.includes(key) && !agree(one, weaker, 'account')) return `${stronger} names another account`;
    return undefined;
  };
  const taken: [Key, Value][] = [];
  for (const [key, value] of weaker.values) {
    const there = one.values.get(key);
    const why = there && there.value !== '' ? `${there.source} is stronger` : whyNot(key);
    if (!why) taken.push([key, value]);
    else if (there?.value !== value.value && key !== 'display_name') one.ignored.push({ key: value.name, source: value.source, value: shown(value.value), why });
  }
  for (const [key, value] of taken) {
    one.values.set(key, value);
    one.completedBy.add(value.source);
  }
}
