// The shape of what `npm run lake -- up --json` prints: everything a test or a person needs to use the lake.

/** How one account signs in. */
export interface LakeAccount {
  /** The Rucio account. */
  readonly account: string;
  readonly userpass: { readonly username: string; readonly password: string };
  /** Certificate and key files, PEM. */
  readonly x509?: { readonly cert: string; readonly key: string; readonly dn: string };
  /** The OpenID provider's name for the person. */
  readonly oidc: { readonly sub: string };
}

export interface LakeRse {
  readonly davs: string;
  readonly root: string;
  /** The folder on this machine that holds what lies under the two prefixes above. */
  readonly folder: string;
  /** The folder under which a user finds it, as a pod's /eos/…; only a mounted RSE has one. */
  readonly mount?: string;
  readonly type: 'DISK' | 'TAPE';
}

/** A file whose name the generic schema refuses, or that is easily broken on its way. */
export interface OddName {
  readonly did: string;
  readonly what: string;
  readonly adler32: string;
  readonly bytes: number;
  /** The RSE that has it. */
  readonly rse: string;
  /** Can it be copied to another storage? (Found out by trying; a name with `?` cannot.) */
  readonly transfers: boolean;
  /** Does Rucio's reaper get its bytes off a storage again? Where not, a second rule to the same RSE may be refused. */
  readonly removable: boolean;
  /** Its path below the mount of EULAKE-1, when it is there from the start. */
  readonly path?: string;
}

/** What the seed made, by role. DIDs are written scope:name; rules by their id. */
export interface LakeSeed {
  readonly scopes: readonly string[];
  readonly dids: Readonly<Record<DidRole, string>>;
  readonly rules: Readonly<Record<RuleRole, LakeRule>>;
  readonly odd: readonly OddName[];
}

export type DidRole =
  | 'demo' | 'available' | 'partly' | 'elsewhere' | 'two-sites' | 'nowhere' | 'no-replicas' | 'lost' | 'tape' | 'open' | 'closed' | 'fits' | 'text' | 'large'
  | 'over-quota' | 'empty-dataset' | 'empty-container' | 'container' | 'deep-container' | 'alphabet' | 'odd-names' | 'odd-dataset' | 'odd-here' | 'mine'
  | 'to-hold' | 'spare' | 'metadata' | 'hostile';
export type RuleRole = 'ok' | 'replicating' | 'stuck' | 'waiting' | 'suspended' | 'inject';

export interface LakeRule {
  readonly id: string;
  readonly did: string;
  readonly rse: string;
}

export interface LakeInfo {
  readonly dir: string;
  /** Seconds that the start took; 0 when it ran already. */
  readonly seconds: number;
  readonly rucio: { readonly version: string; readonly http: string; readonly https: string; readonly httpLocalhost: string; readonly httpsLocalhost: string };
  /** The certificate authority of every https address here, as a file and as a folder with hashed names. */
  readonly ca: { readonly file: string; readonly dir: string };
  readonly idp: {
    readonly issuer: string;
    /** Public (PKCE, device code, refresh, exchange; `brief`: with tokens of 12 s; `plain`: without the exchange), the hub's (exchange) and Rucio's own client. */
    readonly clients: { readonly public: string; readonly brief: string; readonly plain: string; readonly rotating: string; readonly hub: { readonly id: string; readonly secret: string }; readonly rucio: { readonly id: string; readonly secret: string } };
    /** For tests: ?user_code=…[&login=bob][&deny=1], and ?sub=&scope=&aud=&ttl= (ttl may be negative). */
    readonly approve: string;
    readonly token: string;
  };
  /** The stand-in for FTS: the one part that is not real. Its control calls are in client.ts. */
  readonly standin: { readonly url: string; readonly control: string };
  readonly accounts: Readonly<Record<'root' | 'alice' | 'bob', LakeAccount>>;
  /** An identity of two accounts, neither the default: signing in without an account answers 206. */
  readonly shared: { readonly username: string; readonly password: string; readonly accounts: readonly string[] };
  readonly rses: Readonly<Record<RseName, LakeRse>>;
  readonly database: string;
  readonly logs: string;
  readonly pids: Readonly<Record<string, number>>;
  readonly seed: LakeSeed;
  /** The size of the last --scale, and what it made; absent without. */
  readonly scale?: { readonly files: number; readonly dataset: string; readonly scope: string };
}

export type RseName = 'XRD1_SCRATCHDISK' | 'XRD2_DATADISK' | 'EULAKE-1' | 'JUPYTER-SCRATCH-EULAKE' | 'SCALE_DATADISK' | 'XRD2_TAPE';
