// The path of a file below a storage's prefix, as Rucio's own algorithms make it from scope and name (rucio 41: rse/translation.py).
import { createHash } from 'node:crypto';
import type { DID } from '../../rucio/types.ts';

export type Algorithm = (did: DID) => string;

const hash: Algorithm = ({ scope, name }) => {
  const digest = createHash('md5').update(`${scope}:${name}`).digest('hex');
  return `${folderOf(scope)}/${digest.slice(0, 2)}/${digest.slice(2, 4)}/${name}`;
};

const identity: Algorithm = ({ scope, name }) => `${folderOf(scope)}/${name}`;

/** undefined: one that a community wrote for itself, which only its server knows. */
export function algorithmOf(name: string | undefined): Algorithm | undefined {
  return name === 'hash' ? hash : name === 'identity' ? identity : undefined;
}

function folderOf(scope: string): string {
  return scope.startsWith('user') || scope.startsWith('group') ? scope.replaceAll('.', '/') : scope;
}
