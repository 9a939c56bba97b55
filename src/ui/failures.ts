// The one place that decides how each failure is shown: as a node of the tree, as an item of a picker, as a notification.
// Knows words and commands, not VS Code; notifications.ts puts them on the screen.
import { ServiceFailure } from '../client/client.ts';
import type { Failure } from '../protocol.ts';

export type FailureAction = Failure['actions'][number];

export const actionTitles: Readonly<Record<FailureAction, string>> = {
  signIn: 'Sign In…',
  openLink: 'Open Sign-In Page',
  retry: 'Retry',
  openSettings: 'Open Settings',
  showLog: 'Show Log',
  showRule: 'Show Rule',
  reload: 'Reload Window',
};

export interface FailureWords {
  /** One line, short enough for a row: "The server rucio.example did not answer". */
  readonly short: string;
  /** Of `ask`: what became of the sign-in before, where there was one. */
  readonly why?: string;
  /** All of it: what happened, and what to do. */
  readonly full: string;
  /** `ask`: nothing is broken, a sign-in is wanted. */
  readonly look: 'ask' | 'warning' | 'error';
  readonly actions: readonly FailureAction[];
  /** Opened by `openLink`. */
  readonly link?: string;
}

const SHORT = 90;

/** Of any error; one that is not a failure of the service's is a mistake of ours, and says so. */
export function toFailure(error: unknown): Failure {
  if (error instanceof ServiceFailure) return error.failure;
  if (isFailure(error)) return error;
  const what = error instanceof Error ? error.message : String(error);
  return { kind: 'bug', what, next: 'This should not happen: please show the log and report it.', actions: ['showLog'] };
}

function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null && 'kind' in value && 'what' in value && 'next' in value && 'actions' in value;
}

export const isCancelled = (failure: Failure): boolean => failure.kind === 'cancelled';

/** Kinds of trouble that pass by themselves or are the person's to mend; the others are errors. */
const WARNINGS = new Set<Failure['kind']>(['busy', 'timeout', 'quota', 'duplicateRule', 'notFound', 'badInput', 'mount', 'unreachable']);

export function failureWords(failure: Failure): FailureWords {
  return {
    // Where only a page elsewhere helps, our own dialog would not.
    short: failure.kind === 'signInNeeded' && !failure.link ? 'Sign in…' : shorten(failure.what),
    full: [failure.what, failure.next].filter(Boolean).join(' '),
    ...(failure.because !== undefined && !failure.because.startsWith(PLAIN) && { why: shorten(failure.because) }),
    look: failure.kind === 'signInNeeded' ? (failure.link ? 'warning' : 'ask') : WARNINGS.has(failure.kind) ? 'warning' : 'error',
    actions: failure.actions,
    ...(failure.link !== undefined && { link: failure.link }),
  };
}

/** Nothing was there to sign in with. */
const PLAIN = 'Sign in to ';

/** The first sentence, without its full stop, cut at a word. The next one may begin with a server's name: "lake.test:443 …". */
function shorten(what: string): string {
  const line = what.replace(/\s+/g, ' ').trim();
  const sentence = /^.{10,}?[.!?](?= (?:[A-Z“]|[\w-]+[.:]\w))/.exec(line)?.[0] ?? line;
  const bare = sentence.replace(/[.]$/, '');
  if (bare.length <= SHORT) return bare;
  const cut = bare.slice(0, SHORT);
  const space = cut.lastIndexOf(' ');
  return `${cut.slice(0, space > SHORT / 2 ? space : SHORT)}…`;
}
