// The one place where an error becomes words: what happened, to what, and what to do next, in the user's words. Secrets are
// taken out here once more, whatever the error quotes.
import { RucioError, type ErrorKind } from '../rucio/errors.ts';
import { secrets } from '../rucio/secrets.ts';
import type { DID } from '../rucio/types.ts';
import { TRANSFER_WORDS, type Words } from './transfers/words.ts';
import type { Explained } from './types.ts';

export interface ExplainContext {
  readonly did?: DID;
  /** Its name. */
  readonly instance?: string;
}

const CLASSES: Readonly<Record<string, Words>> = {
  ...TRANSFER_WORDS,
  InsufficientAccountLimit: { what: 'Your quota at the destination is used up or too small for {about}. The server says: {words}', next: 'Take less data or another storage, let rules of yours end that you no longer need, or ask your data managers for more quota; some let you ask with a rule that waits for approval.' },
  RSEOverQuota: { what: 'The storage has no room left for {about}. The server says: {words}', next: 'Take another storage, try again later, or ask your data managers for room at that storage.', actions: ['retry'] },
  DuplicateRule: { what: 'You have such a rule for {about} already.', next: 'Look at the rule that exists.', actions: ['showRule'] },
  InsufficientTargetRSEs: { what: 'There are not enough storages for this rule: the destination takes no new files at the moment, or fewer storages fit than copies were asked for. The server says: {words}', next: 'Try again later; if it stays so, ask your data managers whether the destination accepts files.', actions: ['retry'] },
  RSEWriteBlocked: { what: 'The destination is closed for new files at the moment, so no rule was made for {about}. The server says: {words}', next: 'Take another storage, or try again later; your data managers know when it opens again.', actions: ['retry'] },
  InvalidRSEExpression: { what: 'The server knows no storage by that name or RSE expression. It says: {words}', next: 'Correct it: the name of a storage as this Rucio spells it, or an expression such as tier=1|country=CH. For Make Available it is destination_rse of this instance.', actions: ['openSettings'] },
  RSENotFound: { what: 'The server knows no such storage. It says: {words}', next: 'Correct destination_rse of this instance.', actions: ['openSettings'] },
  InvalidSourceReplicaExpression: { what: 'The storages to copy {about} from mean nothing to the server. It says: {words}', next: 'Correct the source expression, or leave it empty.' },
  InvalidReplicationRule: { what: 'The server takes no such rule for {about}. It says: {words}', next: 'Change what the message names, then try again.' },
  InvalidRuleWeight: { what: 'The server does not know that weight. It says: {words}', next: 'Leave the weight empty.' },
  InvalidValueForKey: { what: 'The server does not take one of the values. It says: {words}', next: 'Change what the message names, then try again.' },
  ReplicationRuleCreationTemporaryFailed: { what: 'The server could not make the rule for {about} just now. It says: {words}', next: 'Try again in a minute.', actions: ['retry'] },
  StagingAreaRuleRequiresLifetime: { what: 'The destination is a staging area: a rule for {about} there must have an end.', next: 'Give the rule a lifetime. For Make Available it is replication_rule_lifetime_days of this instance.', actions: ['openSettings'] },
  ScratchDiskLifetimeConflict: { what: 'The destination is a scratch disk: rules there must end soon. The server says: {words}', next: 'Give the rule a shorter lifetime (most sites allow 15 days). For Make Available it is replication_rule_lifetime_days of this instance.', actions: ['openSettings'] },
  ManualRuleApprovalBlocked: { what: 'The destination takes no rules that wait for approval, so none was made for {about}.', next: 'Ask without approval, or ask your data managers to copy {about} there.' },
  DataIdentifierNotFound: { what: 'There is no {about} in this Rucio. The server says: {words}', next: 'Check the spelling of scope and name (large and small letters differ), or search with * at the end.' },
  ScopeNotFound: { what: 'There is no such scope in this Rucio. The server says: {words}', next: 'Check the spelling of the scope, or browse All Scopes.' },
  RuleNotFound: { what: 'The rule is gone: it ran out or was deleted.', next: 'Make the data available again if you still need it.' },
  // Ours, of what is kept in the state folder.
  NewerVersion: { what: '{words}', next: 'Reload the window, so that the newer version runs; in a terminal, open a new one.', actions: ['reload', 'showLog'] },
  NotWrittenDown: { what: '{words}', next: 'Make room there, then try again.', actions: ['retry', 'showLog'] },
  // Ours: the server would take it and do something else than the word says.
  RuleStateDoesNotFit: { what: '{words}', next: 'Look at the rule: somebody, or the server, may have changed it meanwhile.', actions: ['showRule'] },
  RuleReplaceFailed: { what: 'The server could not put another rule in place of {about}. It says: {words}', next: 'Wait until the rule is OK and moves nowhere else; fewer copies means fewer than it has now.', actions: ['showRule'] },
  AccountNotFound: { what: 'The server knows no such account. It says: {words}', next: 'Check the account of this instance, or sign in as another.', actions: ['signIn', 'openSettings'] },
  InvalidObject: { what: 'The server does not take such a name or value. It says: {words}', next: 'Use only the letters that this Rucio allows: usually letters, digits, "-", "_" and ".".' },
  UnsupportedOperation: { what: 'The server can\'t do this with {about}. It says: {words}', next: 'Change what the message names: a locked rule has to be unlocked first, a closed dataset takes no new files.' },
  SubscriptionNotFound: { what: 'There is no such subscription. The server says: {words}', next: 'Refresh the view.', actions: ['retry'] },
  ReplicaNotFound: { what: 'There is no such replica of {about}. The server says: {words}', next: 'Refresh the view: it may have been deleted.', actions: ['retry'] },
  DatabaseException: { what: 'Rucio\'s database could not do this. The server says: {words}', next: 'Try again, with a simpler name or pattern; if it stays so, tell your data managers.', actions: ['retry', 'showLog'] },
  AccessDenied: { what: 'You are signed in, but may not do this with {about}. The server says: {words}', next: 'Sign in with another account, or ask your data managers for the permission.', actions: ['signIn'] },
};

const KINDS: Readonly<Record<ErrorKind, Words>> = {
  signInNeeded: { what: 'You are not signed in{at}. {words}', next: 'Sign in.', actions: ['signIn'] },
  wrongCredentials: { what: 'The sign-in was refused{at}: {words}', next: 'Check user name, password and account, or the certificate or token, then sign in again.', actions: ['signIn'] },
  accessDenied: CLASSES['AccessDenied']!,
  notFound: { what: 'The server does not know {about}. It says: {words}', next: 'Check the spelling, or refresh the view.', actions: ['retry'] },
  quota: CLASSES['InsufficientAccountLimit']!,
  duplicateRule: CLASSES['DuplicateRule']!,
  refused: { what: 'The server refused this for {about}. It says: {words}', next: 'Change what the message names; if it tells you nothing, show it to your data managers.' },
  unreachable: { what: '{words}', next: 'Check your network and rucio_base_url of this instance, then try again.', actions: ['retry', 'openSettings'] },
  certificate: { what: '{words}', next: 'Set rucio_ca_cert of this instance to the certificate authority\'s PEM file (or a folder of them), if you trust that server. What has expired has to be renewed by those who run it.', actions: ['openSettings', 'retry'] },
  timeout: { what: '{words}', next: 'Try again; if it stays so, the server is overloaded or your network drops its answers.', actions: ['retry'] },
  busy: { what: 'The server has too much to do just now. {words}', next: 'Try again in a minute.', actions: ['retry'] },
  notRucio: { what: 'What answered is not a Rucio server. {words}', next: 'Check rucio_base_url and the proxy setting; if your network has a log-in page, log in there first.', actions: ['openSettings', 'retry'] },
  cutStream: { what: 'The answer was cut off: this is not all of it. {words}', next: 'Try again; for a very large listing, narrow it down.', actions: ['retry'] },
  serverError: { what: 'The server failed while it worked on {about}. {words}', next: 'Try again; if it stays so, show this to those who run the server.', actions: ['retry', 'showLog'] },
  configuration: { what: '{words}', next: 'Correct the settings of this instance.', actions: ['openSettings'] },
  mount: { what: '{words}', next: 'Wait a moment and try again; if it stays so, the mount needs whoever runs this machine.', actions: ['retry'] },
  badInput: { what: '{words}', next: 'Correct it and try again.' },
  cancelled: { what: 'Cancelled.', next: 'Start it again when you want it.', actions: ['retry'] },
};

/** Where only a page elsewhere can mend it, such as a hub's sign-in. The address is in the words, too: not every place has a button. */
function byLink(link: string): Words {
  return { what: '{words}', next: `Sign in again at ${link}, then try again; your server need not be restarted.`, actions: ['openLink', 'retry', 'signIn'] };
}

/** Never throws; an error nobody foresaw becomes kind "bug" with its own message. */
export function explain(error: unknown, context: ExplainContext = {}): Explained {
  if (!(error instanceof RucioError)) {
    if (error instanceof Error && error.name === 'AbortError') return explain(new RucioError('cancelled', 'Cancelled.'), context);
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'bug', what: withoutSecrets(`Something went wrong in the extension itself: ${message}`), next: 'Show the log and report it with what you did.', actions: ['showLog'] };
  }
  const words = error.link === undefined ? wordsFor(error) : byLink(error.link);
  const about = context.did ? `${context.did.scope}:${context.did.name}` : error.subject ?? 'this';
  const at = context.instance === undefined ? '' : ` at ${context.instance}`;
  // One pass: the server's words may hold braces of their own.
  const fill = (text: string): string => withoutSecrets(text.replace(/\{(words|about|at)\}/g, (_, key: string) => (key === 'words' ? sentence(error.message) : key === 'about' ? about : at)).trim());
  return {
    kind: error.kind, what: [fill(words.what), error.facts && withoutSecrets(error.facts)].filter(Boolean).join(' '), next: fill(words.next), actions: words.actions ?? [],
    ...(error.link !== undefined && { link: error.link }),
    ...(error.kind === 'signInNeeded' && { because: fill('{words}') }),
    ...(error.exceptionClass !== undefined && { exceptionClass: error.exceptionClass }),
    ...(error.status !== undefined && { status: error.status }),
    ...(error.request !== undefined && { request: error.request }),
  };
}

/** Any text that leaves the process: a failure, a line of a log. */
export function withoutSecrets(text: string): string {
  return secrets.scrub(text);
}

/** What a person or a secret store gave: known from now on to {@link withoutSecrets}. `given`: an object, also as JSON. */
export function keepOutOfTexts(given: object | string | null | undefined): void {
  if (typeof given === 'string') {
    try {
      secrets.learnFrom(Object.entries(JSON.parse(given) as object));
    } catch {
      secrets.learn(given); // no JSON: a secret as it is
    }
  } else if (given) secrets.learnFrom(Object.entries(given));
}

/** A person signed out. What is still in use is learned again when it is used. */
export function forgetSecrets(): void {
  secrets.forget();
}

/** By the class where it says more than the kind; a CannotAuthenticate is what its kind says. */
function wordsFor(error: RucioError): Words {
  const own = error.exceptionClass === undefined ? undefined : CLASSES[error.exceptionClass];
  return own && error.kind !== 'wrongCredentials' && error.kind !== 'signInNeeded' ? own : KINDS[error.kind];
}

function sentence(message: string): string {
  const text = message.trim();
  return text === '' || /[.!?\u2026)"\u201d]$/.test(text) ? text : `${text}.`;
}
