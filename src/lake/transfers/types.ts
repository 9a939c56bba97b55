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
  /** Made when it is not there; absent: each file has a rule of its own. */
  readonly dataset?: DID;
  readonly lifetime: number | null;
  /** Links to files inside the folder they lie in; `follow` also those that lead elsewhere. Default skip. */
  readonly links?: 'skip' | 'follow';
}

/** `folder`: a full path. Files of a dataset lie in a folder of its name, those asked for alone in one of their scope's. */
export interface DownloadWish {
  readonly dids: readonly DID[];
  readonly folder: string;
  /** Only names that fit: `*` and `?`. */
  readonly pattern?: string;
  /** Without folders for datasets and scopes. */
  readonly flat?: boolean;
}

/** What an upload would do, before anything is sent. Bytes. `files`: the first thousand, `total` all. */
export interface UploadPlan {
  readonly files: readonly { readonly path: string; readonly did: DID; readonly bytes: number; readonly problem?: string }[];
  readonly total: number;
  readonly bytes: number;
  /** What is left out, and why. */
  readonly skipped: readonly { readonly path: string; readonly why: string }[];
  /** Whole sentences: what the server, or somebody, may refuse. The first kind stops it. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
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
