// What a person is told about a list of files.
import type { FileList } from '../../protocol.ts';
import { count } from '../explorer/words.ts';

/** "Copied the addresses of 5 files." and what is not in it. */
export function doneWords(done: string, { files, missing, problems }: Pick<FileList, 'files' | 'missing' | 'problems'>): string {
  const rest = missing > 0 ? `${count(missing, 'file')} ${missing === 1 ? 'is' : 'are'} not in it: not there, or not by this protocol.` : '';
  return [files === 0 ? 'There is nothing to list.' : done, rest, ...problems].filter(Boolean).join(' ');
}

/** A name that any file system takes, from a DID's. */
export function fileNameFor(name: string, ending: string): string {
  const plain = name.replace(/[^\p{L}\p{N}._-]+/gu, '_').replace(/^[._]+/, '').slice(0, 100);
  return `${plain || 'files'}.${ending}`;
}
