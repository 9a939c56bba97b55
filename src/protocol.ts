// What a window or the command line may ask of the lake service, and what the service tells and asks them: one typed
// contract on JSON-RPC. Only types are imported from the floors below; nothing here runs but the names of the calls.
import { createHmac } from 'node:crypto';
import { NotificationType, ProgressType, RequestType } from 'vscode-jsonrpc/node';
import type { AvailabilityInfo, ConfigProblem, ConfiguredInstance, CreatedRule, Credentials, DIDFilter, DIDRow, Explained, Instance, LocalPath, MakeAvailablePreview, ProgramEnvironment, ProgramSettings, RuleActed, RulePreview, RuleProgress, RuleWish, SessionInfo } from './lake/types.ts';
import type { Attachment, AttachmentCode, NameRules } from './lake/attachments/types.ts';
import type { Glance } from './lake/glance.ts';
import type { FileList, FileListWish } from './lake/fileLists/types.ts';
import type { RuleAction } from './lake/rules/actions.ts';
import type { FoundProgram } from './lake/programs/find.ts';
import type { RuleQuery } from './lake/rules/list.ts';
import type { LocksQuery, LocksSummary, LocksWindow, StuckFile } from './lake/rules/locks.ts';
import type { RuleSize } from './lake/rules/size.ts';
import type { ScratchAction, ScratchFile, ScratchListing, ScratchUpload, ScratchWish, SweepReport } from './lake/scratch/types.ts';
import type { StorageDetails, StorageUsage } from './lake/storage.ts';
import type { DownloadPlan, DownloadWish, FileState, TransferAction, TransferFile, TransferInfo, UploadPlan, UploadTarget, UploadWish } from './lake/transfers/types.ts';
import type { RemoteRead } from './lake/transfers/remoteFile.ts';
import type { DID, DIDDetails, DIDParentRow, DIDType, Rule } from './rucio/types.ts';

export type { Availability, AvailabilityInfo, ConfigProblem, ConfiguredInstance, CreatedRule, Credentials, DIDFilter, DIDRow, Explained, Instance, LocalPath, MakeAvailablePreview, ProgramEnvironment, ProgramSettings, RuleActed, RSEPreview, RulePreview, RuleProgress, RuleWish, SessionInfo } from './lake/types.ts';
export type { AttachedSummary, Attachment, AttachmentCode, NameRules } from './lake/attachments/types.ts';
export type { Glance } from './lake/glance.ts';
export type { FileList, FileListFormat, FileListWish } from './lake/fileLists/types.ts';
export type { RuleAction } from './lake/rules/actions.ts';
export type { FoundProgram } from './lake/programs/find.ts';
export type { DownloadPlan, DownloadWish, FileState, PlannedName, TransferAction, TransferFile, TransferInfo, TransferState, UploadPlan, UploadTarget, UploadWish } from './lake/transfers/types.ts';
export type { DID, DIDDetails, DIDParentRow, DIDType, Rule, RuleState } from './rucio/types.ts';

export type { RuleQuery } from './lake/rules/list.ts';
export type { LocksQuery, LocksSummary, LocksWindow, LockState, StuckFile } from './lake/rules/locks.ts';
export type { RuleSize } from './lake/rules/size.ts';
export type { ScratchAction, ScratchEntry, ScratchFile, ScratchListing, ScratchStep, ScratchUpload, ScratchWish, Swept, SweepReport } from './lake/scratch/types.ts';
export type { StorageDetails, StorageRule, StorageUsage } from './lake/storage.ts';

/** A failed request carries this as the `data` of its JSON-RPC error. */
export type Failure = Explained;
/** The JSON-RPC error code of every {@link Failure}. */
export const FAILURE_CODE = 1;

/** Proxy and certificate settings of the editor (`http.*`); the service lives outside of what VS Code patches. */
export interface NetworkSettings {
  readonly proxy?: string;
  readonly noProxy?: readonly string[];
  /** Default true. */
  readonly proxyStrictSSL?: boolean;
  /** Default true: the system's CAs beside those that come with Node. */
  readonly systemCertificates?: boolean;
}

/**
 * Both ends know the random key of the state folder's 0600 file and show each other that they do, without sending it:
 * nobody who took the service's place at its address learns anything. `nonce` is the other end's.
 */
export function proof(key: string, of: 'service' | 'client', nonce: string): string {
  return createHmac('sha256', key).update(`${of} ${nonce}`).digest('hex');
}

/** < 0: `a` is older than `b`; 0: the same, or one of them is no version ("1.2.3"). */
export function versionOrder(a: string, b: string): number {
  const [one, other] = [a, b].map((text) => /^(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number));
  if (!one || !other) return 0;
  return one.map((n, at) => n - other[at]!).find((difference) => difference !== 0) ?? 0;
}

export interface Hello {
  /** {@link proof} of the client for the nonce of {@link greet}'s answer. */
  readonly proof: string;
  readonly version: string;
  /** "window" or "terminal"; `label` is shown by `datalake status`. */
  readonly client: 'window' | 'terminal';
  readonly label: string;
  readonly pid: number;
  /** The setting rucio.instances as written (untrusted: checked by lake/instances). */
  readonly instances: unknown;
  readonly network: NetworkSettings;
  /** RUCIO_* and the few other variables that describe a pod (client/environment.ts); never the whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Seconds without clients and work after which the service may end, as this client sees it; the last window's holds, else the last terminal's. */
  readonly linger: number;
  /** The setting rucio.hub.tokenUrl; '' = none. */
  readonly hubTokenUrl?: string;
  /** The setting rucio.transfers.throttle, MB (10⁶ bytes) a second; 0 = none; a terminal says nothing. */
  readonly throttle?: number;
  /** What other programs are given; a terminal says nothing. */
  readonly programs?: ProgramChoice;
  /** Whether this client can be asked something by a person (a window, a terminal with a keyboard). */
  readonly interactive: boolean;
}

/** `instance`: whose sign-in other programs are given; '' = the default one. */
export interface ProgramChoice {
  readonly instance: string;
  readonly settings: ProgramSettings;
  /** The setting rucio.programs.paths: name → full path. Of this machine, and so the same for all windows. */
  readonly paths?: Readonly<Record<string, string>>;
}

/** What is read again when it changes. */
export type ClientSettings = Pick<Hello, 'instances' | 'network' | 'env' | 'hubTokenUrl' | 'throttle' | 'programs'>;

export interface Welcome {
  readonly version: string;
  readonly pid: number;
  readonly instances: readonly Instance[];
  readonly problems: readonly ConfigProblem[];
  readonly sessions: readonly SessionInfo[];
}

/** `datalake status --json`. No secret in it. Times in ms since 1970. */
export interface ServiceStatus {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: number;
  readonly mode: 'detached' | 'inWindow';
  readonly node: string;
  readonly clients: readonly { readonly client: 'window' | 'terminal'; readonly label: string; readonly pid: number; readonly version: string; readonly since: number }[];
  readonly instances: readonly (Instance & { readonly proxy: string; readonly certificates: string })[];
  readonly problems: readonly ConfigProblem[];
  readonly sessions: readonly SessionInfo[];
  /** Things under way: "listing scale:*", "watching 12 DIDs of lake". */
  readonly work: readonly string[];
  readonly notes: readonly string[];
}

/** No secret in it: of a secret it says that it is set. Times in ms since 1970. */
export interface Configuration {
  readonly readAt: number;
  /** Strongest first. */
  readonly sources: readonly { readonly name: string; readonly state: string }[];
  readonly instances: readonly (ConfiguredInstance & {
    /** Where a token or password may lie ready, in the order in which they are tried, and what was found there. */
    readonly ready: readonly { readonly place: string; readonly state: string }[];
    readonly session: SessionInfo;
    readonly proxy: string;
    readonly certificates: string;
  })[];
  readonly problems: readonly ConfigProblem[];
  readonly notes: readonly ConfigProblem[];
}

interface OfInstance { readonly instance: string }
interface OfDID extends OfInstance { readonly did: DID }

export interface ListPage {
  /** False when the server had no more than was sent. */
  readonly more: boolean;
}

/** The first request: each end gives the other a nonce, and the service proves who it is and says its version. */
export const greet = new RequestType<{ readonly nonce: string }, { readonly nonce: string; readonly proof: string; readonly version: string }, Failure>('greet');
/**
 * In place of {@link hello}, from a client of another version: the service is to make room for that version's. Answered when what moves is
 * at rest and written down; then the service ends. Refused to an older version while a newer one is in use. These two requests never change.
 */
export const handOver = new RequestType<{ readonly proof: string; readonly version: string }, void, Failure>('handOver');
export const hello = new RequestType<Hello, Welcome, Failure>('hello');
export const status = new RequestType<Record<string, never>, ServiceStatus, Failure>('status');
/** The window's settings changed: same answer as to hello. */
export const configure = new RequestType<ClientSettings, Welcome, Failure>('configure');
/**
 * What terminals, tasks, debuggers and kernels of this client need to be signed in to the instance ('' = the chosen one); from then on
 * its files are kept fresh while the client is there. Signs in by what lies ready, asks nobody. null = there is no instance.
 */
export const programEnvironment = new RequestType<{ readonly instance: string }, ProgramEnvironment | null, Failure>('programs/environment');
/** Looks for programs on the service's machine, in a log-in shell and in known places: takes seconds. `paths`: the setting rucio.programs.paths. */
export const findPrograms = new RequestType<{ readonly paths: Readonly<Record<string, string>> }, readonly FoundProgram[], Failure>('programs/find');
/** For *Show Configuration*: what this client's settings and pod came to. */
export const configuration = new RequestType<Record<string, never>, Configuration, Failure>('configuration');
/** Ends the service (tests, *Restart Service*); while other clients are connected only where a person said so: `used`. Whoever is there starts the next one. */
export const shutdown = new RequestType<{ readonly used?: boolean }, void, Failure>('shutdown');

/** With credentials: signs in with them (asks back with {@link askAccount} when they map to several accounts). Without: by what lies ready (token in environment or file, the secret store); never asks, and not after a sign-out unless a person wants in `again`. */
export const signIn = new RequestType<OfInstance & { readonly credentials?: Credentials; readonly again?: boolean }, SessionInfo, Failure>('session/signIn');
/** The ways of signing in that this instance and this machine offer, the best first. */
export const signInMethods = new RequestType<OfInstance, readonly Credentials['method'][], Failure>('session/methods');
/** A browser came back from a provider's page with this query, decoded as the editor gives it; any window may have got it. Fails with badInput when no sign-in waits for it. */
export const signInAnswer = new RequestType<{ readonly query: string }, void, Failure>('session/answer');
export const signOut = new RequestType<OfInstance, SessionInfo, Failure>('session/signOut');
/** Opens one small connection: Rucio's version. */
export const ping = new RequestType<OfInstance, { readonly version: string }, Failure>('instance/ping');

/** `mine`: scopes that the signed-in account owns. `quiet`, here and below: fails with signInNeeded rather than ask a person. */
export const listScopes = new RequestType<OfInstance & { readonly mine: boolean; readonly quiet?: boolean }, readonly string[], Failure>('scope/list');

/** DIDs of a scope that match `name` (`*` wildcard). Rows stream as partial results of `rows`; at most `limit` of them. */
export const listDids = new RequestType<OfInstance & { readonly scope: string; readonly name: string; readonly type: DIDFilter; readonly limit: number; readonly rows: number | string; readonly quiet?: boolean }, ListPage, Failure>('did/list');
/** What a person typed: `scope:name*`, `scope:`, a DID; resolved and streamed like {@link listDids}. */
export const searchDids = new RequestType<OfInstance & { readonly text: string; readonly type: DIDFilter; readonly limit: number; readonly rows: number | string }, ListPage, Failure>('did/search');
/** Children of a collection, one level, at most `limit`; rows stream like {@link listDids}. */
export const listContent = new RequestType<OfDID & { readonly type: DIDFilter; readonly limit: number; readonly rows: number | string }, ListPage, Failure>('did/content');
export const didRows = new ProgressType<readonly DIDRow[]>();
/** `text` as typed, e.g. a pasted DID. Fails with notFound. Collections come with live bytes and length. */
export const getDid = new RequestType<OfDID, DIDDetails, Failure>('did/get');
/** The first `limit` bytes of a file, or all (null), from the nearest replica that has them; they come as partial results of `pieces`, and begin anew at 0 where another replica has to help. Nothing is kept. */
export const readRemoteFile = new RequestType<OfDID & { readonly limit: number | null; readonly pieces: number | string }, RemoteRead, Failure>('did/read');
export const remotePieces = new ProgressType<{ readonly at: number; readonly base64: string }>();
/** Of these collections those that take more. */
export const openCollections = new RequestType<OfInstance & { readonly dids: readonly DID[] }, readonly DID[], Failure>('did/open');
/** What is shown while a person points at it: at most two calls to the server, always quiet. Fails with notFound. */
export const glanceAt = new RequestType<OfDID, Glance, Failure>('did/glance');
export const listParents = new RequestType<OfDID, readonly DIDParentRow[], Failure>('did/parents');

/** The DIDs of one instance whose state this client shows now; replaces what it said before; [] = none. Answers come as {@link availabilityChanged}. */
export const observe = new NotificationType<OfInstance & { readonly dids: readonly (DID & { readonly type: DIDType })[] }>('availability/observe');
/** One DID, looked up now. */
export const availability = new RequestType<OfDID, AvailabilityInfo, Failure>('availability/get');
export const localPath = new RequestType<OfDID, LocalPath, Failure>('availability/path');

export const previewMakeAvailable = new RequestType<OfDID, MakeAvailablePreview, Failure>('rule/preview');
/** Makes the rule (or finds the one that does it already) and answers at once; follow it with {@link followRule}. */
export const makeAvailable = new RequestType<OfDID, RuleProgress, Failure>('rule/makeAvailable');
export const getRule = new RequestType<OfInstance & { readonly id: string }, RuleProgress, Failure>('rule/get');
/** The rule that makes (or would make) the DID available here: on it or on a parent, any owner; null = none. */
export const ruleOf = new RequestType<OfDID, Rule | null, Failure>('rule/of');
/** Rules on the DID itself, of any owner. */
export const listDidRules = new RequestType<OfDID, readonly Rule[], Failure>('rule/ofDid');
/** What such a rule would mean for these DIDs. Fails with InvalidRSEExpression. */
export const previewRule = new RequestType<OfInstance & { readonly dids: readonly DID[]; readonly wish: RuleWish }, RulePreview, Failure>('rule/previewCreate');
/** One rule for each DID, in their order, made or refused; follow them with {@link followRule}. */
export const createRules = new RequestType<OfInstance & { readonly dids: readonly DID[]; readonly wish: RuleWish }, readonly CreatedRule[], Failure>('rule/create');
/** Names of the RSEs that an expression means now; fails with the server's InvalidRSEExpression. */
export const expressionRses = new RequestType<OfInstance & { readonly expression: string }, readonly string[], Failure>('rse/expression');
/** Does something with a rule and looks what came of it. */
export const actOnRule = new RequestType<OfInstance & { readonly id: string; readonly action: RuleAction }, RuleActed, Failure>('rule/act');
/** Streams progress as partial results of `progress` until nothing moves any more or the request is cancelled; answers with the last. */
export const followRule = new RequestType<OfInstance & { readonly id: string; readonly progress: number | string }, RuleProgress, Failure>('rule/follow');
export const ruleProgress = new ProgressType<RuleProgress>();
/** Reads all files of a rule into a table of the service that this client names; how far it is comes as partial results of `progress`. Windows of it can be asked for meanwhile. */
export const openLocks = new RequestType<OfInstance & { readonly id: string; readonly table: string; readonly progress: number | string }, LocksSummary, Failure>('rule/locks');
export const locksRead = new ProgressType<LocksSummary>();
export const locksWindow = new RequestType<{ readonly table: string; readonly query: LocksQuery }, LocksWindow, Failure>('rule/locksWindow');
/** The table goes. Also when the client does. */
export const closeLocks = new RequestType<{ readonly table: string }, void, Failure>('rule/locksClose');
/** Of a stuck rule: the files that keep it so (at most 50), with what the server knows of each. */
export const stuckFiles = new RequestType<OfInstance & { readonly id: string }, readonly StuckFile[], Failure>('rule/stuck');
/** How far it is in bytes; null: not known. */
export const ruleSize = new RequestType<OfInstance & { readonly id: string }, RuleSize | null, Failure>('rule/size');

/**
 * Who waits for a rule, or for a DID to be available here. Times in ms since 1970; `state`: of a rule as Rucio names it, GONE for one that ran out,
 * was denied or deleted; of a DID its availability, `gone` when there is none any more. `ended`: it moves no more, or got stuck.
 */
export interface Watch {
  /** The rule's; of a DID something that is no rule's. */
  readonly id: string;
  /** Only of a DID that is waited for. */
  readonly type?: DIDType;
  readonly did: DID;
  readonly since: number;
  readonly state: string;
  readonly error?: string;
  readonly ended?: number;
}
/** Its end is told once, by {@link watchEnded}, to the windows that are there, else to the next one that comes. Answers with `ended` when it moves no more already: then nothing is watched. */
export const watchRule = new RequestType<OfInstance & { readonly id: string }, Watch, Failure>('watch/add');
/** The same for a DID: it ends when the DID is available here, or what brings it gets stuck or is suspended. */
export const watchDid = new RequestType<OfDID, Watch, Failure>('watch/addDid');
export const unwatchRule = new RequestType<OfInstance & { readonly id: string }, void, Failure>('watch/remove');
/** Of several windows that heard of an end, true for the first that asks: it shows it. `ended` as in the {@link Watch}. */
export const claimEnd = new RequestType<OfInstance & { readonly id: string; readonly ended: number }, boolean, Failure>('watch/claim');
export const listWatches = new RequestType<OfInstance, readonly Watch[], Failure>('watch/list');
/** Rules that fit, at most `limit`; they stream as partial results of `rows`. */
export const listRules = new RequestType<OfInstance & RuleQuery & { readonly limit: number; readonly rows: number | string }, ListPage, Failure>('rule/list');
export const ruleRows = new ProgressType<readonly Rule[]>();
/** What the signed-in account uses and may use, by RSE. */
export const storageUsage = new RequestType<OfInstance, readonly StorageUsage[], Failure>('storage/usage');
export const storageDetails = new RequestType<OfInstance & { readonly rse: string }, StorageDetails, Failure>('storage/details');

/** What variables may be called in a language (as a kernel or notebook calls it), and a free name for each of these DIDs (`scope:name`), all different. Asks no server. */
export const attachmentNames = new RequestType<{ readonly language: string; readonly dids: readonly string[]; readonly taken: readonly string[] }, NameRules & { readonly proposed: readonly string[] }, Failure>('attachment/names');
/**
 * Looks what of these DIDs can be read now, and writes the program that makes them variables. What concerns one of them only (unknown here, no such
 * instance) is its `reason`. `instance`: of the attachments that name none. `quiet`: no person is waiting, and none is asked to sign in (signInNeeded).
 * Fails with badInput for a name that is no variable's.
 */
export const attachmentCode = new RequestType<OfInstance & { readonly attachments: readonly Attachment[]; readonly language: string; readonly quiet?: boolean; readonly environment?: Readonly<Record<string, string>> }, AttachmentCode, Failure>('attachment/code');

/** Paths or addresses of the files of some DIDs; how many there are so far comes as partial results of `progress`. */
export const listFiles = new RequestType<OfInstance & FileListWish & { readonly progress: number | string }, FileList, Failure>('files/list');
export const filesListed = new ProgressType<number>();

/** Storages that this account may upload to, with what is left of its quota there. */
export const uploadTargets = new RequestType<OfInstance, readonly UploadTarget[], Failure>('transfer/targets');
/** What an upload would do, before anything is sent: files (`shown` of them, by default a thousand), names, what is in the way. */
export const planUpload = new RequestType<OfInstance & { readonly wish: UploadWish; readonly shown?: number }, UploadPlan, Failure>('transfer/plan');
/** The same for a download: which files, where to, what is in the way. */
export const planDownload = new RequestType<OfInstance & { readonly wish: DownloadWish; readonly shown?: number }, DownloadPlan, Failure>('transfer/planDownload');
/** Written down when it is answered; it goes on whoever leaves. Fails with badInput and the plan's problems. */
export const upload = new RequestType<OfInstance & { readonly wish: UploadWish }, TransferInfo, Failure>('transfer/upload');
export const download = new RequestType<OfInstance & { readonly wish: DownloadWish }, TransferInfo, Failure>('transfer/download');
/** Of all instances of this client; those that go first, first. From then on it hears {@link transferChanged}. */
export const listTransfers = new RequestType<Record<string, never>, readonly TransferInfo[], Failure>('transfer/list');
/** A window of one transfer's files, by number, after the one numbered `after`; at most 1000. */
export const transferFiles = new RequestType<{ readonly id: string; readonly states?: readonly FileState[]; readonly after?: number; readonly limit: number }, readonly TransferFile[], Failure>('transfer/files');
/** Written down and done when it is answered; null = it is off the list. Fails with badInput for what does not fit its state. */
export const actOnTransfer = new RequestType<{ readonly id: string; readonly action: TransferAction }, TransferInfo | null, Failure>('transfer/act');
/** Of several windows that heard that it ended or needs a person, true for the first that asks: it tells them. */
export const claimTransferEnd = new RequestType<{ readonly id: string }, boolean, Failure>('transfer/claim');

/** Files in scratch, uploaded where they lie: written down when it is answered; they go on whoever leaves. Fails with badInput for what is not in scratch. */
export const scratchUpload = new RequestType<OfInstance & { readonly wish: ScratchWish }, ScratchUpload, Failure>('scratch/upload');
/** Those of one call, those of these numbers, or the newest; at most 1000. */
export const scratchFiles = new RequestType<OfInstance & { readonly upload?: string; readonly ids?: readonly number[] }, readonly ScratchFile[], Failure>('scratch/files');
/** null = it is off the list. Fails with badInput for what does not fit its state. */
export const actOnScratch = new RequestType<OfInstance & { readonly id: number; readonly action: ScratchAction }, ScratchFile | null, Failure>('scratch/act');
/** What is not in the catalogue stays for two days more: as if it had been written now. */
export const touchScratch = new RequestType<OfInstance & { readonly path: string }, void, Failure>('scratch/touch');
/** One folder of scratch; default: the user's own. */
export const listScratch = new RequestType<OfInstance & { readonly folder?: string; readonly limit: number }, ScratchListing, Failure>('scratch/list');
/** Looks at what would be swept, or sweeps it. Fails when anything can't be known for certain: then nothing was deleted. */
export const sweepScratch = new RequestType<OfInstance & { readonly folder?: string; readonly days?: number; readonly remove: boolean }, SweepReport, Failure>('scratch/sweep');
/** Service → client: something became of what is in scratch; several a second while much does. */
export const scratchChanged = new NotificationType<OfInstance>('scratch/changed');

/** Service → client. `transfer` null: it is off the list. Several a second while it moves. */
export const transferChanged = new NotificationType<OfInstance & { readonly id: string; readonly transfer: TransferInfo | null }>('transfer/changed');
export const watchEnded = new NotificationType<OfInstance & { readonly watch: Watch }>('watch/ended');
export const sessionChanged = new NotificationType<SessionInfo>('session/changed');
export const availabilityChanged = new NotificationType<OfInstance & { readonly items: readonly AvailabilityInfo[]; readonly failure?: Failure }>('availability/changed');
export const logged = new NotificationType<{ readonly level: 'trace' | 'info' | 'warn' | 'error'; readonly message: string }>('log');
/** Service → window: why other programs are not given something, in a sentence that was not said before. */
export const programProblem = new NotificationType<OfInstance & { readonly problem: string }>('programs/problem');
/** The client's secret store, by the service's key (a hash of instance and account; no secret in it). null = none. */
export const getSecret = new RequestType<{ readonly key: string }, string | null, void>('secret/get');
export const storeSecret = new RequestType<{ readonly key: string; readonly value: string | null }, void, void>('secret/store');
/** A question for a person, sent only to an interactive client; `methods` as {@link signInMethods}. null = dismissed. */
export const askCredentials = new RequestType<OfInstance & { readonly displayName: string; readonly reason: string; readonly methods: readonly Credentials['method'][] }, Credentials | null, void>('question/credentials');
/** The identity maps to several accounts: which one? null = dismissed. */
export const askAccount = new RequestType<OfInstance & { readonly accounts: readonly string[] }, string | null, void>('question/account');
/** The passphrase of the key in `file` on the service's machine. `problem`: what was wrong with the last one. null = dismissed. */
export const askPassphrase = new RequestType<OfInstance & { readonly displayName: string; readonly file: string; readonly problem?: string }, string | null, void>('question/passphrase');
/**
 * A page on which a person signs in: to be opened in a browser, the code to be typed there. Answered false when the person gives up;
 * cancelled by the service as soon as the sign-in is through, or failed.
 */
export const openUrl = new RequestType<OfInstance & { readonly displayName: string; readonly url: string; readonly host: string; readonly userCode?: string }, boolean, void>('question/openUrl');
/** The address by which a browser comes back to this window from a provider's page ({@link signInAnswer}); null where it can't. */
export const askRedirect = new RequestType<OfInstance, string | null, void>('question/redirect');
