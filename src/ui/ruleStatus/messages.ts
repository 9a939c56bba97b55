// What the rule page and its host tell each other. Types only: the page is another program, in another world.
// Each message to the page is a whole snapshot: what it shows depends on the last one alone.

/** Times go over as they are: the page runs where the person is and knows their time zone, the host may be a pod in UTC. */
export type Value =
  | { readonly kind: 'text'; readonly text: string }
  /** ms since 1970. */
  | { readonly kind: 'time'; readonly at: number };

export interface Field {
  /** Rucio's name of it: "locks_ok_cnt". */
  readonly field: string;
  /** "Files done". */
  readonly label: string;
  readonly value: Value;
  /** What the value means, where it does not say so itself. */
  readonly note?: string;
}

export interface FieldGroup {
  readonly title: string;
  readonly fields: readonly Field[];
}

export type Tone = 'ok' | 'moving' | 'waiting' | 'bad';

export interface RuleView {
  readonly tone: Tone;
  /** "Replicating". */
  readonly state: string;
  readonly meaning: string;
  readonly progress?: { readonly done: number; readonly total: number; readonly text: string };
  /** The same in bytes, where it is known. */
  readonly size?: SizeView;
  /** The rule's own error, in Rucio's words, whole. */
  readonly error?: string;
  readonly next: readonly string[];
  /** What else is to be known: where what was granted differs from what was asked, a rule that was there before. */
  readonly notes: readonly string[];
  readonly groups: readonly FieldGroup[];
  readonly canOpenWebUI: boolean;
  /** In the state it is in: those that one looks for, and the others. */
  readonly actions: readonly ActionView[];
  readonly moreActions: readonly ActionView[];
}

/** On the rule itself. */
export type RuleDoing = 'watch' | 'boost' | 'lifetime' | 'priority' | 'comment' | 'activity' | 'approve' | 'deny' | 'suspend' | 'resume' | 'repair' | 'move' | 'reduce' | 'delete' | 'copyLink' | 'copyCommand' | 'copyJson';
export type PageAction = 'retry' | 'signIn' | 'openSettings' | 'showLog' | 'reload' | 'openWebUI' | 'copyId' | RuleDoing;

export interface ActionView { readonly action: PageAction; readonly label: string }

/** What of the table of files is looked at. */
export interface FilesQuery {
  /** Any part of a DID or RSE. */
  readonly text: string;
  readonly state: '' | 'OK' | 'REPLICATING' | 'STUCK';
  readonly sort: 'did' | 'rse' | 'state';
  readonly descending: boolean;
  /** First row that is on the screen. */
  readonly offset: number;
}

export interface FileLine { readonly did: string; readonly rse: string; readonly state: 'OK' | 'REPLICATING' | 'STUCK' }

export interface FilesView {
  readonly status: 'reading' | 'whole' | 'failed';
  readonly read: number;
  readonly counts: readonly { readonly rse: string; readonly ok: number; readonly replicating: number; readonly stuck: number }[];
  readonly query: FilesQuery;
  /** Rows `offset` and following, of `matching` in all, of this query. */
  readonly window?: { readonly query: FilesQuery; readonly offset: number; readonly matching: number; readonly rows: readonly FileLine[] };
  readonly failure?: string;
  /** The rule has moved on since it was read. */
  readonly old: boolean;
}

/** One file that keeps the rule stuck. */
export interface StuckView {
  readonly did: string;
  readonly rse: string;
  /** Whole sentences: attempts, the last source, what the server says, where it could come from. */
  readonly words: readonly string[];
}

/** How the rule came along while the page looked: a chart, and the same in words. */
export interface HistoryView {
  /** ms since 1970, files done. */
  readonly points: readonly (readonly [at: number, done: number])[];
  readonly total: number;
  readonly words: string;
}

/** Bytes; `text`: "1.2 GB of 3.4 GB". */
export interface SizeView { readonly done: number; readonly total: number; readonly text: string }

/** Why the page can't say (any more) how the rule is. */
export interface Trouble {
  readonly title: string;
  readonly text: string;
  readonly actions: readonly { readonly action: PageAction; readonly label: string }[];
}

export interface Snapshot {
  readonly page: PageState;
  /** Name of the instance for people. */
  readonly instanceName: string;
  /** The last that is known; absent while nothing is. */
  readonly rule?: RuleView;
  readonly trouble?: Trouble;
  /** Absent: the table is closed. */
  readonly files?: FilesView;
  readonly stuck?: readonly StuckView[];
  readonly history?: HistoryView;
  /** Changes arrive by themselves. */
  readonly live: boolean;
  /** Being looked up, for the first time or after trouble. */
  readonly busy: boolean;
  /** When `rule` was heard; ms since 1970. */
  readonly asOf?: number;
}

/** What the editor keeps for the page over a reload: enough to open it again. */
export interface PageState {
  readonly instance: string;
  readonly ruleId: string;
  /** The DID, once known. */
  readonly heading: string;
  /** The table of files is open, here. */
  readonly files?: FilesQuery;
}

export interface ToPage {
  readonly type: 'snapshot';
  readonly snapshot: Snapshot;
}

export type FromPage =
  /** The page runs and shows nothing yet. */
  | { readonly type: 'ready' }
  | { readonly type: 'do'; readonly action: PageAction }
  /** Opens the table of files, looks elsewhere in it; null closes it. `again`: it is read anew. */
  | { readonly type: 'files'; readonly query: FilesQuery | null; readonly again?: boolean }
  | { readonly type: 'copy'; readonly text: string };
