// Uploads and downloads as windows and terminals see them; everything here survives JSON and holds no secret.
import type { DID } from '../../rucio/types.ts';
import type { Explained } from '../types.ts';

/** What is asked for with *Upload*. `lifetime` in seconds, null = no end. */
export interface UploadWish {
  /** Files and folders of this machine, full paths. */
  readonly paths: readonly string[];
  readonly rse: string;
  readonly scope: string;
  /** Put before each name. */
  readonly prefix?: string;
  /** A file in a folder: `flat` has its own name, `folders` also those of the folders it lies in, with `_` between them. */
  readonly names: 'flat' | 'folders';
  /** Whole names in place of those that would be made, by path. */
  readonly rename?: Readonly<Record<string, string>>;
  /** Made when it is not there; absent, and no `container`: each file has a rule of its own. */
  readonly dataset?: DID;
  /** In place of `dataset`: each folder becomes a dataset of its own in this container, which has the rule. */
  readonly container?: DID;
  readonly lifetime: number | null;
  /** Of the container, else the dataset, else each file. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Files whose name means another content in the lake: leave them out, or number their names. Absent: that is a problem. */
  readonly taken?: 'skip' | 'number';
  /** Files that are in the lake already, byte for byte, get a rule (and their place in the dataset); or are left out. */
  readonly same?: 'skip';
  /** Links to files inside the folder they lie in; `follow` also those that lead elsewhere. Default skip. */
  readonly links?: 'skip' | 'follow';
}

/** `folder`: a full path. Files of a dataset lie in a folder of its name, those asked for alone in one of their scope's. */
export interface DownloadWish {
  readonly dids: readonly DID[];
  readonly folder: string;
  /** Only names that fit: `*` and `?`. */
  readonly pattern?: string;
  /** Only these of their files. */
  readonly only?: readonly DID[];
  /** Without folders for datasets and scopes. */
  readonly flat?: boolean;
  /** Files that are on tape only: left out, or asked of the tape, which may take hours. Absent: they fail, with what to do. */
  readonly tape?: 'skip' | 'fetch';
}

/** What a download would do, before anything is fetched. Bytes. `files`: the first thousand (or as many as were asked for), `total` all. */
export interface DownloadPlan {
  readonly files: readonly PlannedName[];
  readonly total: number;
  readonly bytes: number;
  /** Files that are on tape only, as far as was looked up; see {@link DownloadWish.tape}. */
  readonly tape: number;
  /** Files at whose places something lies: of the right size (compared before it is believed), or something else (not touched). */
  readonly here: { readonly right: number; readonly other: number };
  /** Files that have another name here than in the lake. */
  readonly renamed: number;
  /** null: not known. */
  readonly diskFree: number | null;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

export interface PlannedName {
  readonly path: string;
  readonly did: DID;
  readonly bytes: number;
  readonly problem?: string;
  /** Worth knowing, in a few words: "in the lake already". */
  readonly note?: string;
}

/** What an upload would do, before anything is sent. Bytes. `files`: the first thousand (or as many as were asked for), `total` all. */
export interface UploadPlan {
  readonly files: readonly PlannedName[];
  readonly total: number;
  readonly bytes: number;
  /** What is left out, and why. */
  readonly skipped: readonly { readonly path: string; readonly why: string }[];
  /** Of those left out, links out of their folder; see {@link UploadWish.links}. */
  readonly linksOut: number;
  /** Files whose names mean another content in the lake, and what is done with them is open; see {@link UploadWish.taken}. */
  readonly taken: number;
  /** Files that are in the lake already, byte for byte; see {@link UploadWish.same}. */
  readonly same: number;
  /** With a container: its datasets, and how many files go into each; the first thousand. */
  readonly datasets: readonly { readonly did: DID; readonly files: number }[];
  /** Whole sentences: what the server, or somebody, may refuse. The first kind stops it. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** The storage does not let this person in, or there is nothing to show to it by which it knows people: signing in another way may help. */
  readonly stranger: boolean;
  /** null: not known. */
  readonly quotaLeft: number | null;
}

/** A storage that takes files from here. Bytes; null = unlimited or not known. */
export interface UploadTarget {
  readonly rse: string;
  readonly quotaLeft: number | null;
}

/** `waiting`: for a sign-in, or for a window that has the instance. `stopped`: an error that all other files would meet too. */
export type TransferState = 'running' | 'paused' | 'waiting' | 'stopped' | 'done' | 'cancelled';

export interface TransferInfo {
  readonly id: string;
  readonly instance: string;
  readonly kind: 'upload' | 'download';
  readonly state: TransferState;
  /** "3 files to XRD1_SCRATCHDISK", "test:ds.one". */
  readonly title: string;
  /** ms since 1970. */
  readonly made: number;
  readonly ended?: number;
  readonly files: { readonly total: number; readonly done: number; readonly failed: number; readonly skipped: number; readonly cancelled: number; readonly running: number };
  /** `done`: sent or received, and of files that needed no sending. */
  readonly bytes: { readonly total: number; readonly done: number };
  /** Bytes a second, over the last seconds; absent while nothing moves. */
  readonly rate?: number;
  readonly secondsLeft?: number;
  /** Why it waits or was stopped. */
  readonly error?: Explained;
  /** Of an upload. */
  readonly rse?: string;
  readonly dataset?: DID;
  /** Of a download. */
  readonly folder?: string;
}

export type FileState = 'queued' | 'running' | 'done' | 'failed' | 'skipped' | 'cancelled';

export interface TransferFile {
  readonly n: number;
  readonly path: string;
  readonly did: DID;
  readonly bytes: number;
  readonly state: FileState;
  /** 0 … bytes, while it runs. */
  readonly moved?: number;
  /** One sentence: "was there already", "not verified: the storage gives no checksum". */
  readonly note?: string;
  readonly error?: Explained;
}

export type TransferAction = 'pause' | 'resume' | 'cancel' | 'retry' | 'first' | 'clear';
