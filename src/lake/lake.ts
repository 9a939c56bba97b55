// One instance opened: its connection, its token keeper, its watcher, and what the service's requests ask of them, one
// method for one request of the protocol.
import { rucioClient, type RucioClient } from '../rucio/client.ts';
import { logLine } from '../rucio/exchange.ts';
import { Transport } from '../rucio/transport.ts';
import type { DID, DIDDetails, DIDParentRow, Rule } from '../rucio/types.ts';
import { attach } from './attachments/attach.ts';
import type { Attached, Attachment } from './attachments/types.ts';
import { availabilityOf, type AvailabilityContext } from './availability/availability.ts';
import { glance, type Glance } from './glance.ts';
import type { FileList, FileListWish } from './fileLists/types.ts';
import { writeFileList } from './fileLists/write.ts';
import type { HubTokens } from './session/hub.ts';
import { instanceKey } from './instances.ts';
import { MountInspector } from './mounts/inspector.ts';
import { localPathOf } from './mounts/paths.ts';
import { followed, makeAvailable, previewMakeAvailable, progressOf, ruleOf, type Follow } from './rules/makeAvailable.ts';
import { createRules, previewRule } from './rules/create.ts';
import { listRules, type RuleQuery } from './rules/list.ts';
import { actOnRule, type RuleAction } from './rules/actions.ts';
import { stuckFiles, type StuckFile } from './rules/locks.ts';
import { ruleSize, type RuleSize } from './rules/size.ts';
import { listContent, listDids, searchDids, type RowStream } from './search.ts';
import type { People } from '../rucio/auth/way.ts';
import type { SecretStore } from './session/kept.ts';
import type { KnownTokens } from './session/knownTokens.ts';
import { Session } from './session/session.ts';
import { RucioSigner } from './signing.ts';
import type { Credential } from '../storage/asking.ts';
import { Storages } from '../storage/protocols.ts';
import { storageDetails, type StorageDetails, storageUsage, type StorageUsage } from './storage.ts';
import { Memory } from './availability/memory.ts';
import type { AvailabilityInfo, CreatedRule, Credentials, DIDFilter, DIDRow, Instance, LocalPath, MakeAvailablePreview, NetworkSettings, RuleActed, RulePreview, RuleProgress, RuleWish, TypedDID } from './types.ts';
import { AvailabilityWatcher, type Tell } from './availability/watcher.ts';

export interface LakeOptions {
  readonly instance: Instance;
  readonly network: NetworkSettings;
  /** Ours, for User-Agent. */
  readonly version: string;
  /** What the client handed over: also the variable that the instance names as the place of its token. */
  readonly env: Readonly<Record<string, string>>;
  readonly hub?: HubTokens;
  readonly known?: KnownTokens;
  readonly secrets: SecretStore;
  /** Called in the async context of the call that needs it (AsyncLocalStorage tells whose that is). null = dismissed. */
  readonly ask: (reason: string, methods: readonly Credentials['method'][]) => Promise<Credentials | null>;
  /** What else may be asked in the middle of a sign-in, in the same way. */
  readonly people: People;
  /** One line for each call to the server; no secret in it. */
  readonly log?: (message: string) => void;
  /** Shared by all lakes of a service, so that a mount is known to hang only once. */
  readonly inspector?: MountInspector;
  /** For files that other programs have to be given to reach a storage; see storage/xrootd.ts. */
  readonly folder?: string;
  /** From {@link openSession}: outlives this lake. By default the lake has its own. */
  readonly session?: Session;
}

/** The token keeper of an instance, with a connection of its own. Good for all settings that have the same `sessionKey`. */
export function openSession(options: Omit<LakeOptions, 'inspector' | 'session'>): Session {
  const { instance, secrets, ask, people, env, hub, known } = options;
  return new Session({ instance, transport: transportOf(options), secrets, ask, people, environment: (name) => env[name], ...(hub && { hub }), ...(known && { known }) });
}

export function transportOf({ instance, network, version, log }: Pick<LakeOptions, 'instance' | 'network' | 'version' | 'log'>): Transport {
  return new Transport({
    baseUrl: instance.baseUrl, authUrl: instance.authUrl, version, network,
    ...trustOf(instance),
    ...(instance.vo !== undefined && { vo: instance.vo }),
    ...(instance.appId !== undefined && { appId: instance.appId }),
    ...(log && { log: (entry) => log(logLine(entry)) }),
  });
}

function trustOf({ caCert, caFolder }: Instance): { caFile?: string; caBeside?: boolean } {
  if (caCert !== undefined) return { caFile: caCert };
  return caFolder === undefined ? {} : { caFile: caFolder, caBeside: true };
}

export type OnRows = (rows: readonly DIDRow[]) => void;

export class Lake {
  readonly instance: Instance;
  /** Same instance and network settings, same key: what the service keys lakes by. */
  readonly key: string;
  readonly transport: Transport;
  readonly client: RucioClient;
  readonly session: Session;
  readonly watcher: AvailabilityWatcher;
  /** For what goes on without a person: nobody is asked anything. */
  readonly quietClient: RucioClient;
  /** The way to storages, with the same sign-in. */
  readonly storage: Storages;
  readonly #context: AvailabilityContext & { readonly client: RucioClient };
  readonly #ownInspector: MountInspector | undefined;
  readonly #follow: Follow;
  readonly #ownSession: Session | undefined;
  readonly #unhear: () => void;

  constructor(options: LakeOptions) {
    const { instance } = options;
    this.instance = instance;
    this.key = instanceKey(instance, options.network);
    this.transport = transportOf(options);
    this.#ownSession = options.session ? undefined : openSession(options);
    this.session = options.session ?? this.#ownSession!;
    this.client = rucioClient(this.transport, this.session);
    this.#ownInspector = options.inspector ? undefined : new MountInspector();
    this.#context = { client: this.client, instance, inspector: options.inspector ?? this.#ownInspector!, memory: new Memory() };
    // What goes on by itself never asks a person anything.
    this.quietClient = rucioClient(this.transport, this.session.quiet);
    this.storage = new Storages({
      network: options.network, version: options.version, credential: (signal) => storageCredential(this.session, signal), signer: new RucioSigner(this.quietClient),
      ...(instance.caCert !== undefined && { caFile: instance.caCert }), ...(options.folder !== undefined && { folder: options.folder }), ...(options.log && { log: options.log }),
    });
    const quiet = { ...this.#context, client: this.quietClient };
    this.watcher = new AvailabilityWatcher({ look: (dids, onInfo, signal) => availabilityOf(quiet, dids, { polling: true, onInfo }, signal), forget: (did) => this.#context.memory.forget(did) });
    this.#follow = followed(quiet.client, instance);
    this.#unhear = this.session.onChange((info) => {
      // Whoever signed in wants to see at once what could not be asked before.
      if (info.state === 'signedIn') this.watcher.poke();
    });
  }

  /** What a client handed over later: the token's variable may hold another one now. */
  useEnvironment(env: Readonly<Record<string, string>>): void {
    this.session.useEnvironment(env);
  }

  /** Rucio's version. Needs no sign-in. */
  async ping(signal?: AbortSignal): Promise<{ readonly version: string }> {
    return this.client.ping(signal);
  }

  /** Names, sorted. `mine`: those that the signed-in account owns. */
  async listScopes(mine: boolean, signal?: AbortSignal, quiet = false): Promise<readonly string[]> {
    const client = this.#asker(quiet);
    const scopes = mine ? await client.listAccountScopes(await this.session.account(signal), signal) : await client.listScopes(signal);
    return [...scopes].sort();
  }

  /** At most `limit` rows of a scope; see search.ts. */
  async listDids(scope: string, query: { readonly name: string; readonly type: DIDFilter; readonly limit: number }, onRows: OnRows, signal?: AbortSignal, quiet = false): Promise<{ readonly more: boolean }> {
    return drain(listDids(this.#asker(quiet), scope, query, signal), onRows);
  }

  /** What a person typed; see search.ts. */
  async searchDids(text: string, query: { readonly type: DIDFilter; readonly limit: number }, onRows: OnRows, signal?: AbortSignal): Promise<{ readonly more: boolean }> {
    return drain(searchDids(this.client, text, query, signal), onRows);
  }

  /** Children of a collection, one level. */
  async listContent(did: DID, query: { readonly type: DIDFilter; readonly limit: number }, onRows: OnRows, signal?: AbortSignal): Promise<{ readonly more: boolean }> {
    return drain(listContent(this.client, did, query, signal), onRows);
  }

  /** Collections with live bytes and length. Fails with notFound. */
  async getDid(did: DID, signal?: AbortSignal): Promise<DIDDetails> {
    return this.client.getDid(did, { dynamicDepth: 'FILE' }, signal);
  }

  /** Of these collections those that take more. */
  async openCollections(dids: readonly DID[], signal?: AbortSignal): Promise<readonly DID[]> {
    return (await this.client.openDids(dids, signal)).filter(({ is_open: open }) => open !== false).map(({ scope, name }) => ({ scope, name }));
  }

  /** What it is, whether it is here and where else, in at most two calls; never asks a person to sign in. Fails with notFound. */
  async glance(did: DID, signal?: AbortSignal): Promise<Glance> {
    return glance({ ...this.#context, client: this.quietClient }, did, signal);
  }

  async listParents(did: DID, signal?: AbortSignal): Promise<readonly DIDParentRow[]> {
    return this.client.listParents(did, signal);
  }

  /** One DID, looked up now and thoroughly; observers of it hear the answer too. */
  async availability(did: DID, signal?: AbortSignal): Promise<AvailabilityInfo> {
    const { type } = await this.client.getDid(did, {}, signal);
    this.#context.memory.forget(did);
    const [info] = await availabilityOf(this.#context, [{ ...did, type }], {}, signal);
    this.watcher.heard([info!]);
    return info!;
  }

  /** Replaces what `owner` (a connection) observes; [] = none. `tell` gets its DIDs only, the known ones at once. */
  observe(owner: object, dids: readonly TypedDID[], tell: Tell): void {
    this.watcher.observe(owner, dids, tell);
  }

  /** The account that is signed in, or can be without asking anybody. */
  async quietAccount(signal?: AbortSignal): Promise<string> {
    await this.session.quiet.current(signal);
    return this.session.account(signal);
  }

  /** Whether there is anything to show to a storage. */
  async knownToStorages(signal?: AbortSignal): Promise<boolean> {
    return await storageCredential(this.session, signal) !== undefined;
  }

  /** What goes on by itself, in words for `datalake status`. */
  get work(): readonly string[] {
    const { size } = this.watcher;
    return size === 0 ? [] : [`watching ${size} ${size === 1 ? 'DID' : 'DIDs'} of ${this.instance.name}`];
  }

  /** Where it lies here; for a collection the files that are here, at most 1000. */
  async localPath(did: DID, signal?: AbortSignal): Promise<LocalPath> {
    return localPathOf(this.#context, did, signal);
  }

  /** What of it can be read, as a manifest in `folder`. `quiet`: nobody is asked anything. */
  async attach(attachment: Attachment, folder: string, { quiet }: { readonly quiet: boolean }, signal?: AbortSignal): Promise<Attached> {
    return attach({ ...this.#context, client: quiet ? this.quietClient : this.client }, attachment, folder, signal);
  }

  /** Paths or addresses of all files of some DIDs, as a text or into a file. */
  async listFiles(wish: FileListWish, onCount: (files: number) => void, signal?: AbortSignal): Promise<FileList> {
    return writeFileList(this.#context, wish, onCount, signal);
  }

  async previewMakeAvailable(did: DID, signal?: AbortSignal): Promise<MakeAvailablePreview> {
    return previewMakeAvailable(this.#context, did, await this.session.account(signal), signal);
  }

  /** Makes the rule, or finds the one that does it already; looks at observed DIDs at once. */
  async makeAvailable(did: DID, signal?: AbortSignal): Promise<RuleProgress> {
    const progress = await makeAvailable(this.#context, did, await this.session.account(signal), signal);
    this.watcher.poke(did);
    return progress;
  }

  async getRule(id: string, signal?: AbortSignal): Promise<RuleProgress> {
    return progressOf(await this.client.getRule(id, signal), this.instance);
  }

  /** What such a rule would mean for these DIDs: places, bytes, quota, duplicates. */
  async previewRule(dids: readonly DID[], wish: RuleWish, signal?: AbortSignal): Promise<RulePreview> {
    return previewRule(this.client, dids, wish, await this.session.account(signal), signal);
  }

  /** One rule for each DID, in their order, made or refused. */
  async createRules(dids: readonly DID[], wish: RuleWish, signal?: AbortSignal): Promise<readonly CreatedRule[]> {
    const made = await createRules(this.client, dids, wish, await this.session.account(signal), undefined, signal);
    return made.map(({ did, rule, notes, failure, existing }) => {
      if (rule) this.watcher.poke(did);
      return { did, ...(rule && { progress: progressOf(rule, this.instance, notes) }), ...(failure && { failure }), ...(existing && { existing }) };
    });
  }

  /** Does something with a rule; rule and DID are then looked at at once by those who watch them. */
  async actOnRule(id: string, action: RuleAction, signal?: AbortSignal): Promise<RuleActed> {
    const { before, after, made, told } = await actOnRule(this.client, id, action, undefined, signal);
    this.#follow.poke(id);
    this.watcher.poke(before);
    const progress = (rule: Rule): RuleProgress => progressOf(rule, this.instance);
    return { rule: after && progress(after), told, ...(made && { made: progress(made) }) };
  }

  /** At most `limit` rules of the signed-in account, or of another; see rules/list.ts. */
  async listRules(query: RuleQuery & { readonly limit: number }, onRules: (rules: readonly Rule[]) => void, signal?: AbortSignal): Promise<{ readonly more: boolean }> {
    return listRules(this.client, await this.session.account(signal), query, onRules, signal);
  }

  /** How far it is in bytes; null = not known. */
  async ruleSize(id: string, signal?: AbortSignal): Promise<RuleSize | null> {
    return ruleSize(this.client, id, signal);
  }

  /** What keeps a rule stuck, file by file. */
  async stuckFiles(id: string, signal?: AbortSignal): Promise<readonly StuckFile[]> {
    return stuckFiles(this.client, id, signal);
  }

  /** Of the signed-in account, by RSE. */
  async storageUsage(signal?: AbortSignal): Promise<readonly StorageUsage[]> {
    return storageUsage(this.client, await this.session.account(signal), signal);
  }

  /** What of its rules ends soon at an RSE, and what takes the space there. */
  async storageDetails(rse: string, signal?: AbortSignal): Promise<StorageDetails> {
    return storageDetails(this.client, await this.session.account(signal), rse, signal);
  }

  /** Asked now, as it is checked while it is typed. */
  async expressionRses(expression: string, signal?: AbortSignal): Promise<readonly string[]> {
    return (await this.client.listRses(expression, signal)).sort();
  }

  /** Rules on the DID itself, of any owner. */
  async listDidRules(did: DID, signal?: AbortSignal): Promise<readonly Rule[]> {
    return this.client.listDidRules(did, signal);
  }

  /** The rule that makes, or would make, the DID available here; null = none. */
  async ruleOf(did: DID, signal?: AbortSignal): Promise<Rule | null> {
    return ruleOf(this.#context, did, signal);
  }

  /** Tells progress until nothing moves any more or `signal` says so; one poll for all who follow the same rule. */
  async followRule(id: string, onProgress: (progress: RuleProgress) => void, signal?: AbortSignal): Promise<RuleProgress> {
    let last = '';
    return this.#follow(id, (progress) => {
      onProgress(progress);
      if (progress.rule.state !== last && last !== '') this.watcher.poke(progress.rule);
      last = progress.rule.state;
    }, signal);
  }

  /** `quiet`: for what no person asked for just now, as what is shown while they type. */
  #asker(quiet: boolean): RucioClient {
    return quiet ? this.quietClient : this.client;
  }

  /** Ends all polling and every connection; its own session too, with the secrets. */
  close(): void {
    this.watcher.close();
    this.#unhear();
    this.#ownSession?.close();
    this.#ownInspector?.close();
    this.storage.close();
    this.transport.close();
  }
}

/**
 * As Rucio's own client has it (rucio 41: client/uploadclient.py): the token where it is a JWT, which storages know; else the certificate.
 * A token of Rucio's own making goes to no storage.
 */
async function storageCredential(session: Session, signal?: AbortSignal): Promise<Credential> {
  const token = await session.quiet.current(signal);
  if (/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)) return { token };
  const identity = await session.identity();
  return identity && { identity };
}

async function drain(rows: RowStream, onRows: OnRows): Promise<{ readonly more: boolean }> {
  for (;;) {
    const step = await rows.next();
    if (step.done) return step.value;
    if (step.value.length > 0) onRows(step.value);
  }
}
