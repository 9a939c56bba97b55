// Names for DIDs and tree nodes that hold whatever a DID's name holds: injective, and safe as one segment of an address.
import type { DidRef } from '../context.ts';

/**
 * One segment out of any text, lone surrogates too (encodeURIComponent throws at them). Capitals are written out as well:
 * VS Code's decorations take addresses that differ in case only for the same. Never `.` or `..`.
 */
export function segment(text: string): string {
  return text.replace(/^\.+$|[^a-z0-9._-]/gs, (found) => [...Array(found.length).keys()].map((i) => `=${found.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''));
}

export function fromSegment(encoded: string): string {
  return encoded.replace(/=([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The same for a DID wherever it is shown. */
export function didKey({ instance, scope, name }: DidRef): string {
  return `${segment(instance)}/${segment(scope)}/${segment(name)}`;
}

export function fromDidKey(key: string): DidRef | undefined {
  const [instance, scope, name, ...rest] = key.split('/');
  if (instance === undefined || scope === undefined || name === undefined || rest.length > 0) return undefined;
  return { instance: fromSegment(instance), scope: fromSegment(scope), name: fromSegment(name) };
}

/** The path of the address a DID is painted on; a leading segment, as an empty first one would read as an authority. */
export const didPath = (ref: DidRef): string => `/did/${didKey(ref)}`;

export const keyOfPath = (path: string): string | undefined => (path.startsWith('/did/') ? path.slice('/did/'.length) : undefined);

/** A node's id holds the way to it, as one DID may stand under several parents. `kind` keeps siblings of different sorts apart. */
export const childId = (parent: string, kind: string, text: string): string => `${parent}/${kind}:${segment(text)}`;
