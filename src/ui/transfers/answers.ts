// What a person answers for an upload, and what of it is kept for the next time. Knows nothing of VS Code.
import type { DID, UploadWish } from '../../protocol.ts';
import { parseLifetime } from '../rules/inputs.ts';

/** Kept for the next upload at this instance. */
export interface Answers {
  readonly rse: string;
  readonly scope: string;
  /** '' = each file has a rule of its own, unless there is a container. */
  readonly dataset: string;
  /** '' = none; else each folder becomes a dataset in it. */
  readonly container: string;
  /** As typed; '' = no end. */
  readonly lifetime: string;
  readonly prefix: string;
  readonly names: UploadWish['names'];
  /** As typed: "campaign=autumn, run=7". */
  readonly metadata: string;
}

/** For this upload alone. */
export interface Choices extends Pick<UploadWish, 'links' | 'taken' | 'same'> {
  readonly rename: Readonly<Record<string, string>>;
}

/** `kept`: of the last time, nothing in it is believed. */
export function firstAnswers(kept: unknown): Answers {
  const last = (typeof kept === 'object' && kept !== null ? kept : {}) as Partial<Record<keyof Answers, unknown>>;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const lifetime = text(last.lifetime);
  const container = text(last.container);
  return {
    rse: text(last.rse), scope: text(last.scope), dataset: container === '' ? text(last.dataset) : '', container, prefix: text(last.prefix), names: last.names === 'folders' ? 'folders' : 'flat',
    lifetime: lifetime === '' || 'value' in parseLifetime(lifetime, Date.now()) ? lifetime : '',
    metadata: 'value' in parseMetadata(text(last.metadata)) ? text(last.metadata) : '',
  };
}

export function wishOf(paths: readonly string[], { rse, scope, dataset, container, lifetime, prefix, names, metadata }: Answers, choices: Choices = { rename: {} }, now = Date.now()): UploadWish {
  const understood = lifetime.trim() === '' ? { value: null } : parseLifetime(lifetime, now);
  const said = parseMetadata(metadata);
  const { rename, links, taken, same } = choices;
  return {
    paths, rse, scope, names, lifetime: 'value' in understood ? understood.value : null, ...(prefix !== '' && { prefix }),
    ...(container !== '' ? { container: didIn(container, scope) } : dataset !== '' && { dataset: didIn(dataset, scope) }),
    ...('value' in said && Object.keys(said.value).length > 0 && { metadata: said.value }),
    ...(Object.keys(rename).length > 0 && { rename }), ...(links && { links }), ...(taken && { taken }), ...(same && { same }),
  };
}

/** A dataset's name may be typed with another scope before it. */
export function didIn(text: string, scope: string): DID {
  const at = text.indexOf(':');
  return at < 0 ? { scope, name: text.trim() } : { scope: text.slice(0, at).trim(), name: text.slice(at + 1).trim() };
}

/** "campaign=autumn, run=7"; a comma in a value can't be said. */
export function parseMetadata(text: string): { readonly value: Readonly<Record<string, string>> } | { readonly problem: string } {
  const value: Record<string, string> = {};
  for (const pair of text.split(',').map((part) => part.trim()).filter((part) => part !== '')) {
    const at = pair.indexOf('=');
    const [key, said] = [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    if (at < 0 || key === '' || said === '') return { problem: `“${pair}” is no key=value.` };
    if (!/^[\w.-]{1,100}$/.test(key)) return { problem: `“${key}” can’t be a key: letters, digits, “.”, “-” and “_” can.` };
    if (Object.hasOwn(value, key)) return { problem: `“${key}” stands there twice.` };
    value[key] = said;
  }
  return { value };
}
