// A pod's scratch space as windows and terminals see it; everything here survives JSON and holds no secret. Times in ms since 1970.
import type { DID } from '../../rucio/types.ts';
import type { Explained } from '../types.ts';

/** What `datalake upload` asks for. `lifetime` of the rule to the destination in seconds, null = no end. */
export interface ScratchWish {
  /** Files and folders in scratch, full paths. */
  readonly paths: readonly string[];
  readonly scope: string;
  /** Put before each name. A file in a folder has the folders' names too, with `_` between them. */
  readonly prefix?: string;
  readonly lifetime: number | null;
  /** Where the files go; default: the instance's destination. */
  readonly rse?: string;
  /** The copy in scratch stays for two days more. */
  readonly delayDeletion?: boolean;
}

/**
 * How far a file came, each step done when its name stands there: `look` nothing yet, `summed` read, and the same as the storage has, `registered`
 * in the catalogue where it lies, `held` by a rule without end, `ruled` on its way elsewhere, `released` safe there, the rest is Rucio's; `kept`: it
 * was wanted to stay.
 */
export type ScratchStep = 'look' | 'summed' | 'registered' | 'held' | 'ruled' | 'released' | 'kept';

export interface ScratchFile {
  readonly id: number;
  /** Of the call that asked for it. */
  readonly upload: string;
  readonly path: string;
  readonly did: DID;
  readonly bytes: number;
  readonly step: ScratchStep;
  readonly destination: string;
  /** The rule to the destination. `ruleState`: as Rucio names it, when it was last looked at. */
  readonly rule?: string;
  readonly ruleState?: string;
  readonly webuiUrl?: string;
  readonly notes: readonly string[];
  /** Why it does not go on; `failed`: it will not by itself. Nothing is deleted then. */
  readonly error?: Explained;
  readonly failed: boolean;
  /** From when on Rucio deletes the copy in scratch. */
  readonly deletedFrom?: number;
}

/** Of a call: what was written down, and what was left out. */
export interface ScratchUpload {
  readonly upload: string;
  readonly files: readonly ScratchFile[];
  readonly skipped: readonly { readonly path: string; readonly why: string }[];
  readonly notes: readonly string[];
}

/** `keep`: the copy in scratch stays, until it is let go by hand. `retry`: what failed. `forget`: off the list; its rules stay. */
export type ScratchAction = 'keep' | 'retry' | 'forget';

/** What the sweep would do, or did, with one thing in scratch. */
export interface Swept {
  readonly path: string;
  readonly folder: boolean;
  readonly bytes: number;
  readonly what: 'deleted' | 'would be deleted' | 'stays';
  /** A sentence without its end: "in the catalogue: Rucio deletes it". */
  readonly why: string;
}

export interface SweepReport {
  /** Full path, links resolved. */
  readonly folder: string;
  /** "alice at escape, by the token in /tmp/rucio_oauth.token". */
  readonly as: string;
  readonly days: number;
  /** What goes, and of what stays everything that is old enough to be asked about. */
  readonly swept: readonly Swept[];
  readonly deleted: { readonly files: number; readonly folders: number; readonly bytes: number };
  /** Not old enough. */
  readonly young: number;
  readonly truncated: boolean;
}

/** One thing in a folder of scratch. */
export interface ScratchEntry {
  readonly path: string;
  readonly name: string;
  readonly kind: 'folder' | 'file' | 'other';
  readonly bytes: number;
  /** When it was last written to, moved or put there. */
  readonly changed: number;
  /** In the catalogue where it lies; null = it is not; absent: it could not be asked. */
  readonly did?: DID | null;
  /** RSEs that have the same file, whole, beside scratch. */
  readonly elsewhere?: readonly string[];
  /** When the daily sweep may take it: nothing of it is in the catalogue, or under way. */
  readonly sweptFrom?: number;
  readonly upload?: ScratchFile;
}

export interface ScratchListing {
  readonly folder: string;
  readonly entries: readonly ScratchEntry[];
  readonly more: boolean;
  /** Why the catalogue could not be asked. */
  readonly problem?: string;
}

/** Days that something lies in scratch before it is swept, and that a copy stays with --delay-deletion. */
export const SCRATCH_DAYS = 2;
