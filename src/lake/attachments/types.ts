// A DID as a variable in somebody's program.

/** As the notebook keeps it: the first three by the same names as the Jupyter extension of Rucio has them (its key rucio_attachments), the others are ours. */
export interface Attachment {
  readonly variableName: string;
  /** scope:name */
  readonly did: string;
  readonly type: 'file' | 'collection';
  /** Name of the instance, where it is not the one that is asked. */
  readonly instance?: string;
  /** The value is the address (PFN) of the nearest replica in place of a path here: nothing is brought here for it. */
  readonly remote?: boolean;
  /** `root`, `davs`, `https`: the one to take for addresses; by default the first of these that the storage has. */
  readonly protocol?: string;
}

export interface AttachedFile {
  /** scope:name */
  readonly did: string;
  /** Where it is here, or (remote) its address; '' = nowhere. */
  readonly path: string;
  /** Its address at a storage; '' = none is known. */
  readonly pfn: string;
  /** Bytes. */
  readonly size: number;
  /** '' = the catalogue has none. */
  readonly adler32: string;
}

/** What became of one attachment; its files are in the manifest. `notHere`: nothing of it can be read. */
export interface Attached extends Attachment {
  readonly state: 'here' | 'partly' | 'notHere';
  /** Sentences, where the state is not `here`. */
  readonly reason: string;
  /** Files that can be read. */
  readonly here: number;
  readonly missing: number;
  /** Bytes of what can be read. */
  readonly size: number;
  /** Some of those that can be read, and all of them when they are few: {@link MOST_IN_CELL}. */
  readonly files: readonly AttachedFile[];
  /** Equal for equal values: of a variable that was set with another one a newer is there. */
  readonly version: string;
  readonly manifest: string;
}

/** Files that are written out in a cell; more are read from the manifest. */
export const MOST_IN_CELL = 50;
/** Files that can't be read and are named in a manifest; the others are counted. */
export const MOST_MISSING = 100;

/** What the window is told: without a row for each file. */
export interface AttachedSummary extends Omit<Attached, 'files' | 'manifest'> {
  /** Of a file, or of the first of a collection; undefined = there is none. */
  readonly path?: string;
  readonly pfn?: string;
}

export interface AttachmentCode {
  /** '' for a language that has no entry: then there is no code, and the summaries are all. */
  readonly language: string;
  /** Sets the variables in a running kernel: run one after the other, each any number of times. */
  readonly inject: readonly string[];
  /** The same for a cell that a person reads and keeps. */
  readonly cell: string;
  /** In the order in which they were asked for. */
  readonly attached: readonly AttachedSummary[];
}

/** What a variable may be called in a language, so that it is checked while it is typed. */
export interface NameRules {
  /** '' = an unknown one: the rules of all of them hold. */
  readonly language: string;
  /** Source of a regular expression. */
  readonly identifier: string;
  readonly reserved: readonly string[];
}
