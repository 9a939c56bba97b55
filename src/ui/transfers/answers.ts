// What a person answered for an upload, kept for the next time. Knows nothing of VS Code.
import type { DID, UploadWish } from '../../protocol.ts';
import { parseLifetime } from '../rules/inputs.ts';

export interface Answers {
  readonly rse: string;
  readonly scope: string;
  /** '' = each file has a rule of its own. */
  readonly dataset: string;
  /** As typed; '' = no end. */
  readonly lifetime: string;
  readonly prefix: string;
  readonly names: UploadWish['names'];
}

/** `kept`: of the last time, nothing in it is believed. */
export function firstAnswers(kept: unknown): Answers {
  const last = (typeof kept === 'object' && kept !== null ? kept : {}) as Partial<Record<keyof Answers, unknown>>;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const lifetime = text(last.lifetime);
  return {
    rse: text(last.rse), scope: text(last.scope), dataset: text(last.dataset), prefix: text(last.prefix), names: last.names === 'folders' ? 'folders' : 'flat',
    lifetime: lifetime === '' || 'value' in parseLifetime(lifetime, Date.now()) ? lifetime : '',
  };
}

export function wishOf(paths: readonly string[], { rse, scope, dataset, lifetime, prefix, names }: Answers, now = Date.now()): UploadWish {
  const understood = lifetime.trim() === '' ? { value: null } : parseLifetime(lifetime, now);
  return { paths, rse, scope, names, lifetime: 'value' in understood ? understood.value : null, ...(prefix !== '' && { prefix }), ...(dataset !== '' && { dataset: didIn(dataset, scope) }) };
}

/** A dataset's name may be typed with another scope before it. */
export function didIn(text: string, scope: string): DID {
  const at = text.indexOf(':');
  return at < 0 ? { scope, name: text.trim() } : { scope: text.slice(0, at).trim(), name: text.slice(at + 1).trim() };
}
