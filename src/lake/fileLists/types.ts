// Lists of addresses for other programs: batch systems, downloaders.
import type { DID } from '../../rucio/types.ts';

export type FileListFormat = 'txt' | 'json' | 'metalink';

export interface FileListWish {
  readonly dids: readonly DID[];
  /** `here`: paths at the mount; `nearest`: the replica to which the server would send us; else at one storage. */
  readonly at: 'here' | 'nearest' | { readonly rse: string };
  /** `root`, `davs`, `https`; by default the first of these that the storage has. */
  readonly protocol?: string;
  readonly format: FileListFormat;
  /** Full path of the file to write, on the machine of the service; what is there is replaced when the list is whole. Absent: the list is in the answer, if it is no longer than {@link MOST_LINES}. */
  readonly file?: string;
}

/** Files of a list that is not written to a file. */
export const MOST_LINES = 10_000;

export interface FileList {
  /** Files in the list. */
  readonly files: number;
  /** Files of the DIDs that are not where they were wished, and not in the list. */
  readonly missing: number;
  /** Bytes of the files in the list. */
  readonly bytes: number;
  /** Sentences, each once; some of many. */
  readonly problems: readonly string[];
  /** '' when it went to a file. */
  readonly text: string;
}
