// What a scientist means, as plain data: instances, sessions, availability, a rule's progress. Shared with the protocol,
// so everything here survives JSON.
import type { ErrorKind } from '../rucio/errors.ts';
import type { DID, DIDType, Rule } from '../rucio/types.ts';

/** rucio's names for them (rucio 41: client/baseclient.py); the JupyterLab extension has the same words. */
export type AuthType = 'userpass' | 'x509' | 'x509_proxy' | 'oidc' | 'ssh' | 'gss' | 'saml';

/** One Rucio server as configured; the keys of the settings are the JupyterLab extension's (rucio-jupyterlab: config/schema.py). */
export interface Instance {
  /** Unique; what commands and journals refer to. */
  readonly name: string;
  readonly displayName: string;
  readonly baseUrl: string;
  readonly authUrl: string;
  readonly webuiUrl?: string;
  /** PEM file with the CA of this server, or a folder of such files, in place of the system's. */
  readonly caCert?: string;
  /** Where no authority is named for this server: the machine's folder of them (X509_CERT_DIR), believed beside the usual ones. */
  readonly caFolder?: string;
  readonly mode: 'replica' | 'download';
  readonly destinationRse?: string;
  readonly rseMountPath?: string;
  /** Leading components of the PFN's path to drop before the rest is put behind the mount path. */
  readonly pathBeginsAt: number;
  /** `root://host:port` of an XCache that root:// addresses of other storages go through when they are read from afar. */
  readonly xcachePrefix?: string;
  /** The same for davs:// and https:// addresses of what is fetched: "https://xcache.example.org:1094". */
  readonly xcacheDavsPrefix?: string;
  /** A pod's space for large output, which is a storage of Rucio's too. */
  readonly scratch?: ScratchPlace;
  /** Life of the rules that *Make Available* makes; null = no end. */
  readonly ruleLifetimeDays: number | null;
  readonly vo?: string;
  readonly appId?: string;
  readonly account?: string;
  /** The way to sign in that was configured; undefined = whatever works. */
  readonly authType?: AuthType;
  /** Where a ready token may be found: name of an environment variable, or a file. */
  readonly tokenEnv?: string;
  readonly tokenFile?: string;
  /** With both: the variable is looked at first (until it has expired), else the file. */
  readonly tokenEnvFirst?: boolean;
  /** A rucio.cfg with user name and password: used quietly, as `rucio` itself does. */
  readonly passwordFile?: string;
  /** What a rucio.cfg names for its auth_type: a key, or a certificate and (where it is not in the same file) its key; used quietly, too. */
  readonly sshKey?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
  /** The grid proxy, where a rucio.cfg names it. */
  readonly clientProxy?: string;
  /** The OpenID provider, as it writes itself, and our public client there; both or none. */
  readonly oidcIssuer?: string;
  readonly oidcClientId?: string;
  /** What to ask a provider for, in place of the usual; space between several. */
  readonly oidcScope?: string;
  readonly oidcAudience?: string;
  /** Where this came from, for a person: "setting rucio.instances[0]", "environment (RUCIO_*)". */
  readonly origin: string;
}

/** Full paths; `folder` is the user's own, the mount or below it. */
export interface ScratchPlace {
  readonly rse: string;
  readonly mountPath: string;
  /** As {@link Instance.pathBeginsAt}; undefined = the mount is what the storage's prefix is. */
  readonly pathBeginsAt?: number;
  readonly folder: string;
}

/** A setting that was ignored, and why; `source` as in {@link Instance.origin}. */
export interface ConfigProblem {
  readonly source: string;
  readonly problem: string;
}

/** One instance, value by value, and what weaker sources said otherwise. Values as a person may see them: no secret. */
export interface ConfiguredInstance {
  readonly name: string;
  readonly displayName: string;
  readonly origin: string;
  readonly values: readonly { readonly key: string; readonly value: string; readonly source: string }[];
  readonly ignored: readonly { readonly key: string; readonly value: string; readonly source: string; readonly why: string }[];
}

/** `expiresAt`: ms since 1970, undefined when the server did not say. Holds no secret. */
export interface SessionInfo {
  readonly instance: string;
  readonly state: 'signedOut' | 'signedIn';
  readonly account?: string;
  /** The last four lay ready: a variable, a file, a token of the hub, the password in a rucio.cfg. */
  readonly method?: Credentials['method'] | 'environment' | 'file' | 'hub' | 'config';
  readonly expiresAt?: number;
}

/**
 * What a person signs in with. Passwords, passphrases and tokens stay in memory and in the client's secret store. `x509`: paths; without
 * `key` it is in the certificate's file. `proxy`: the grid proxy, where the grid's tools put it. `ssh`: the path of a private RSA key. `oidc`: in a browser,
 * through the Rucio server. `device`: there with a code that is typed, at the provider that the instance names.
 * `code`: there, and the browser comes back to the window.
 */
export type Credentials =
  | { readonly method: 'userpass'; readonly username: string; readonly password: string; readonly account?: string }
  | { readonly method: 'token'; readonly token: string }
  | { readonly method: 'x509'; readonly certificate: string; readonly key?: string; readonly passphrase?: string; readonly account?: string }
  | { readonly method: 'proxy'; readonly account?: string }
  | { readonly method: 'ssh'; readonly key: string; readonly passphrase?: string; readonly account?: string }
  | { readonly method: 'oidc'; readonly account?: string }
  | { readonly method: 'device'; readonly account?: string }
  | { readonly method: 'code'; readonly account?: string };

/** Proxy and certificate settings of the editor (`http.*`). */
export interface NetworkSettings {
  readonly proxy?: string;
  readonly noProxy?: readonly string[];
  readonly proxyStrictSSL?: boolean;
  readonly systemCertificates?: boolean;
}

/** What programs other than ours are given (settings rucio.programs.*). Files are full paths; an empty audience = no such file. */
export interface ProgramSettings {
  /** `auto`: where a person signed in here by OpenID, and nobody else keeps the files. */
  readonly tokenFiles: 'auto' | 'on' | 'off';
  readonly rucioTokenFile: string;
  readonly rucioAudience: string;
  readonly eosTokenFile: string;
  readonly eosAudience: string;
  /** Where EOS looks at a token, without https://; empty = as the provider says. */
  readonly eosIntrospection: string;
}

/** What Rucio's own client and its like need in a terminal to be signed in as the Explorer is: names and paths, no secret. */
export interface ProgramEnvironment {
  readonly instance: string;
  readonly displayName: string;
  /** Absent: nobody is signed in, and the variables are none. */
  readonly account?: string;
  readonly variables: Readonly<Record<string, string>>;
  /** What was not done, and why: sentences for a person. */
  readonly problems: readonly string[];
}

/** A DID of which the type is known. */
export interface TypedDID extends DID {
  readonly type: DIDType;
}

/** Numbers of a DID as lists show them; null = the server does not know (open collections, containers). Bytes. */
export interface DIDRow extends DID {
  readonly type: DIDType;
  readonly bytes: number | null;
  readonly length: number | null;
}

export type DIDFilter = 'all' | 'collection' | 'dataset' | 'container' | 'file';

/** Readable here, and if not, what is happening. One word for each; the words for people are in ui/. */
export type Availability =
  | 'available'
  | 'partly'
  | 'notAvailable'
  | 'replicating'
  | 'stuck'
  | 'waitingApproval'
  | 'suspended'
  | 'injecting'
  /** The rule is OK, and files were attached since: Rucio's judge has not looked at them yet. */
  | 'judging'
  /** The catalogue says available, and the mount did not answer within the deadline. */
  | 'mountNotAnswering'
  /** The catalogue says available, and the file is not at its path or has another size. */
  | 'notAtMount'
  /** A collection without files. */
  | 'empty';

export interface AvailabilityInfo extends DID {
  readonly state: Availability;
  readonly type: DIDType;
  /** Files here / files in all, where counted. */
  readonly available?: number;
  readonly total?: number;
  /** 0–100, of locks, while replicating. */
  readonly percent?: number;
  /** The rule that decides the state, if one does. */
  readonly ruleId?: string;
  /** The rule's own error text. */
  readonly error?: string;
  /** Local path of a file that is available (never of one that is not, never of a collection: its files may lie anywhere below the mount). */
  readonly path?: string;
  readonly pfn?: string;
  /** What this answer rests on, one plain sentence: "catalogue: 8 of 8 files at EULAKE-1; looked at 8 files at the mount". */
  readonly looked: string;
}

/** What *Make Available* would do, before it does it. Bytes; null = unknown; quota Infinity is sent as null with `quotaUnlimited`. */
export interface MakeAvailablePreview extends DID {
  readonly type: DIDType;
  readonly rse: string;
  readonly lifetimeDays: number | null;
  readonly files: number | null;
  readonly bytes: number | null;
  readonly filesHere: number | null;
  readonly quotaRemaining: number | null;
  readonly quotaUnlimited: boolean;
  /** A rule of anyone's that covers the RSE already. */
  readonly existingRule?: Rule;
}

/** A rule with what a person wants to know of it; `notes` say where what was granted differs from what was asked. */
export interface RuleProgress {
  readonly rule: Rule;
  /** 0–100 by locks; null while the server has made no locks (INJECT, WAITING_APPROVAL). */
  readonly percent: number | null;
  readonly webuiUrl?: string;
  /** False once nothing will change by itself any more (OK, SUSPENDED, or gone). */
  readonly moving: boolean;
  readonly notes: readonly string[];
}

/** What is asked for with *Create Rule*, named as Rucio names it; '' and undefined are left to the server. `lifetime` in seconds, null = no end. */
export interface RuleWish {
  readonly rse_expression: string;
  readonly copies: number;
  readonly lifetime: number | null;
  readonly grouping: 'DATASET' | 'ALL' | 'NONE';
  readonly activity?: string;
  readonly comment?: string;
  readonly source_replica_expression?: string;
  readonly ask_approval?: boolean;
  /** 1 to 5, 5 goes first. */
  readonly priority?: number;
  /** Mail: N none, Y when it is done, C when it is done and the dataset is closed, P as it goes on. */
  readonly notify?: 'Y' | 'N' | 'C' | 'P';
}

/** What such a rule would mean. Bytes; null = not known. Sums are over the DIDs without problem and without duplicate. */
export interface RulePreview {
  /** Those that the expression means now, sorted. */
  readonly rses: readonly RSEPreview[];
  readonly dids: readonly DIDPreview[];
  readonly files: number | null;
  readonly bytes: number | null;
  /** True where the server will refuse it for sure: too few of the RSEs have room. */
  readonly overQuota: boolean;
}

export interface RSEPreview {
  readonly rse: string;
  /** null: not known, or `quotaUnlimited`. */
  readonly quotaLeft: number | null;
  readonly quotaUnlimited: boolean;
  readonly filesHere: number | null;
  readonly bytesHere: number | null;
  /** Bytes by which all of it together is too much there, and whose limit that is: "your quota at EULAKE-1". */
  readonly missing?: number;
  readonly limit?: string;
}

export interface DIDPreview extends DID {
  /** null: see `problem`. */
  readonly type: DIDType | null;
  readonly files: number | null;
  readonly bytes: number | null;
  /** A rule of one's own that the server takes for the same. */
  readonly duplicate?: Rule;
  readonly problem?: Explained;
}

/** One DID's rule, made or refused. `existing`: the rule that is in its way. */
export interface CreatedRule {
  readonly did: DID;
  readonly progress?: RuleProgress;
  readonly failure?: Explained;
  readonly existing?: Rule;
}

/** What came of an action on a rule. `rule`: as it is now, null = gone; `made`: the rule that takes its place; `told`: what the server granted, a sentence each. */
export interface RuleActed {
  readonly rule: RuleProgress | null;
  readonly made?: RuleProgress;
  readonly told: readonly string[];
}

/** A file's place here. `path` only when it is really there with the right size. */
export interface LocalPath extends DID {
  readonly path?: string;
  readonly pfn?: string;
  /** For a collection: the paths of its files that are here (bounded), and how many there are in all. */
  readonly files?: readonly { readonly did: DID; readonly path: string }[];
  readonly problem?: string;
}

/** An error in words: what happened, to what, and what to do next. Made by lake/advice.ts, shown by ui/ and cli/. */
export interface Explained {
  readonly kind: ErrorKind | 'service' | 'bug';
  /** One or two sentences: what happened, to which DID, RSE, host or file, with the server's own words. */
  readonly what: string;
  /** One sentence: what to do. */
  readonly next: string;
  readonly actions: readonly ('signIn' | 'openLink' | 'retry' | 'openSettings' | 'showLog' | 'showRule' | 'reload')[];
  /** What `openLink` opens: an http(s) page where a person can mend it. */
  readonly link?: string;
  /** Of `signInNeeded`: what became of the sign-in that was, or lay ready, in a sentence. */
  readonly because?: string;
  readonly exceptionClass?: string;
  readonly status?: number;
  /** `GET /dids/…`, for the log. */
  readonly request?: string;
}
