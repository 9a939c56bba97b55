// The address of a file of a lake in the editor: `rucio-remote:/<instance>/<scope>/<name>`. Knows nothing of VS Code.
import type { DID } from '../../protocol.ts';

export const REMOTE_SCHEME = 'rucio-remote';

export interface RemoteFile extends DID {
  readonly instance: string;
  /** Only so many bytes, from the first; undefined: all. */
  readonly first?: number;
  /** A person said that it may be large. */
  readonly large?: boolean;
}

interface Parts { readonly path: string; readonly query: string }

/** `/` and `%` belong to the name, and `.` and `..` are names like others. */
const encoded = (part: string): string => part.replace(/[%/\\]/g, encodeURIComponent).replace(/^\.{1,2}$/, (dots) => dots.replaceAll('.', '%2E'));

export function remoteParts({ instance, scope, name, first, large }: RemoteFile): Parts {
  return { path: `/${[instance, scope, name].map(encoded).join('/')}`, query: first !== undefined ? `first=${first}` : large ? 'large' : '' };
}

/** undefined: it is none of ours. */
export function remoteFileOf({ path, query }: Parts): RemoteFile | undefined {
  const parts = path.split('/').slice(1);
  try {
    const [instance = '', scope = '', name = ''] = parts.map(decodeURIComponent);
    if (parts.length !== 3 || instance === '' || scope === '' || name === '') return undefined;
    const first = /^first=(\d{1,12})$/.exec(query)?.[1];
    return { instance, scope, name, ...(first !== undefined ? { first: Number(first) } : query === 'large' && { large: true }) };
  } catch {
    return undefined; // no valid %
  }
}
