// Addresses that show a DID: `vscode://<extension>/did?instance=…&did=…`. What stands in one is anybody's: checked here.
import type { DID } from '../../protocol.ts';

export interface LinkedDid extends DID {
  /** As the one who made the link calls the instance; another may call it otherwise. */
  readonly instance?: string;
}

export const DID_PATH = '/did';

const LONGEST = 600;

/**
 * VS Code decodes the query of an address once before it hands it over, and then nobody knows which & was written by whom: what is
 * not plain is encoded twice.
 */
export function didAddress(scheme: string, extension: string, { instance, scope, name }: Required<LinkedDid>): string {
  return `${scheme}://${extension}${DID_PATH}?instance=${encoded(instance)}&did=${encoded(`${scope}:${name}`)}`;
}

const encoded = (text: string): string => (/^[\w.:/-]+$/.test(text) ? text : encodeURIComponent(encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'))));

/** `query` as VS Code gives it; a sentence says why it is none. */
export function linkedDid(query: string): LinkedDid | { readonly problem: string } {
  const fields = new Map<string, string>();
  for (const part of query.split('&')) {
    const at = part.indexOf('=');
    if (at > 0 && !fields.has(part.slice(0, at))) fields.set(part.slice(0, at), decoded(part.slice(at + 1)));
  }
  const did = checkedDid(fields.get('did') ?? '', 'The link names no DID (did=scope:name).');
  if ('problem' in did) return did;
  const instance = fields.get('instance') ?? '';
  return { ...did, ...(instance !== '' && instance.length <= LONGEST && { instance }) };
}

/** What a link in a notebook's Markdown says: `rucio:scope:name`. A sentence says why it is none. */
export function pressedDid(message: unknown): LinkedDid | { readonly problem: string } {
  const text = typeof message === 'object' && message !== null && 'did' in message && typeof message.did === 'string' ? message.did : '';
  return checkedDid(text.replace(/^rucio:(\/\/)?/i, ''), 'The link names no DID (rucio:scope:name).');
}

function checkedDid(did: string, none: string): DID | { readonly problem: string } {
  const colon = did.indexOf(':');
  if (colon <= 0 || colon === did.length - 1) return { problem: none };
  if (did.length > LONGEST || /[\u0000-\u001f\u007f]/.test(did) || did.trim() !== did) return { problem: 'The link names a DID that cannot be one.' };
  return { scope: did.slice(0, colon), name: did.slice(colon + 1) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // written by hand: its % stand for themselves
  }
}
