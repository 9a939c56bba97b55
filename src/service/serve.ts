// One connection: who is it, which requests may it make, and how do a lake's answers and errors become messages.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { type CancellationToken, type MessageConnection, type ProgressType, type RequestType, ResponseError } from 'vscode-jsonrpc/node';
import { explain, forgetSecrets, keepOutOfTexts } from '../lake/advice.ts';
import type { Lake } from '../lake/lake.ts';
import type { Transfers } from '../lake/transfers/engine.ts';
import type { TransferLake } from '../lake/transfers/lake.ts';
import { readRemote } from '../lake/transfers/remoteFile.ts';
import { findPrograms, PROGRAMS } from '../lake/programs/find.ts';
import { namesFor } from './attaching.ts';
import type { ScratchLake } from '../lake/scratch/plan.ts';
import type { ScratchSpace } from '../lake/scratch/scratch.ts';
import * as protocol from '../protocol.ts';
import type { DID, Failure } from '../protocol.ts';
import { caller, type Client, request } from './questions.ts';
import { tell } from './news.ts';
import { refusal } from './refusal.ts';
import type { LakeService } from './service.ts';
import { type OpenLake, scratchLake, transferLake } from './lakes.ts';

/** Rows wait at most this long (ms) for company before they are sent. */
const BATCH_DELAY = 20;
const BATCH_SIZE = 500;
/** ms between two numbers of what is under way. */
const COUNT_DELAY = 200;

/** `key` is the state folder's; '' = the peer is the window that owns this thread. */
export function serve(connection: MessageConnection, service: LakeService, key: string): void {
  let client: Client | undefined;
  connection.onClose(() => {
    if (client) service.leave(client);
    connection.dispose();
  });
  // Half a message or none at all: the peer died, or is none of ours.
  connection.onError(() => connection.end());

  let nonce: string | undefined;
  connection.onRequest(protocol.greet, (params) => {
    nonce = randomBytes(32).toString('hex');
    return { nonce, proof: protocol.proof(key, 'service', String(params.nonce)), version: service.version };
  });

  function prove(theirs: string): void {
    if (!client && nonce !== undefined && same(theirs, protocol.proof(key, 'client', nonce))) return;
    setTimeout(() => connection.end(), 100); // when the answer has gone out
    throw refusal('The lake service does not know this client: the key is not the one of its folder.', 'Reload the window.');
  }

  connection.onRequest(protocol.handOver, ({ proof, version }) => {
    prove(proof);
    return service.handOver(String(version));
  });

  connection.onRequest(protocol.hello, (params) => {
    prove(params.proof);
    const { proof: _, ...hello } = params;
    client = { connection, hello, since: Date.now() };
    return service.enter(client);
  });

  /** Registers a request; nothing is answered before hello. Errors become {@link Failure}s, cancellation an AbortSignal. */
  function on<P extends object, R>(type: RequestType<P, R, Failure>, work: (params: P, signal: AbortSignal, who: Client) => R | Promise<R>): void {
    connection.onRequest(type.method, async (raw: unknown, token: CancellationToken): Promise<unknown> => {
      const who = client;
      if (!who) throw refusal('The lake service was asked before it was greeted.', 'Reload the window.');
      const params = raw as P;
      const abort = new AbortController();
      const gone = connection.onClose(() => abort.abort());
      token.onCancellationRequested(() => abort.abort());
      const asked = service.requests.begin(type.method, params);
      try {
        return await request.run(asked.name, () => caller.run(who, () => work(params, abort.signal, who)));
      } catch (error) {
        if (error instanceof ResponseError) throw error;
        const failure = explain(error, context(params));
        asked.failed(failure, error);
        throw new ResponseError(protocol.FAILURE_CODE, failure.what, failure);
      } finally {
        asked.done();
        gone.dispose();
      }
    });
  }

  on(protocol.status, () => service.status());
  on(protocol.configure, (settings, _signal, who) => service.configure(who, settings));
  on(protocol.configuration, (_params, _signal, who) => service.configuration(who));
  on(protocol.programEnvironment, ({ instance }, _signal, who) => service.programs.environment(who, instance));
  on(protocol.findPrograms, ({ paths }) => findPrograms(PROGRAMS, { configured: paths, env: process.env }));
  on(protocol.shutdown, ({ used }, _signal, who) => service.shutdown(who, used));

  /** The same for requests about one instance of this client's. */
  function onLake<P extends { readonly instance: string }, R>(type: RequestType<P, R, Failure>, work: (lake: Lake, params: P, signal: AbortSignal) => R | Promise<R>): void {
    on(type, async (params, signal, who) => {
      for (;;) {
        const { lake } = service.openOf(who, params.instance);
        try {
          return await work(lake, params, signal);
        } catch (error) {
          // Its settings were changed under the request: another lake has taken its place, and a rule is followed there.
          if (signal.aborted || service.isOpen(lake)) throw error;
          if (type.method !== protocol.followRule.method) throw refusal(`The settings of “${params.instance}” changed meanwhile.`, 'Try again.', { actions: ['retry'] });
        }
      }
    });
  }

  /** Sends rows as partial results of the request's own token: the first at once, later ones in company. */
  async function streamed<T>(progress: ProgressType<readonly T[]>, token: number | string, work: (onRows: (rows: readonly T[]) => void) => Promise<protocol.ListPage>): Promise<protocol.ListPage> {
    let waiting: T[] = [];
    let sent = 0;
    let timer: NodeJS.Timeout | undefined;
    const flush = (): void => {
      clearTimeout(timer);
      timer = undefined;
      const rows = waiting;
      if (rows.length > 0) void tell(() => connection.sendProgress(progress, token, rows));
      waiting = [];
      sent = Date.now();
    };
    try {
      return await work((rows) => {
        waiting.push(...rows);
        if (waiting.length >= BATCH_SIZE || Date.now() - sent > BATCH_DELAY) flush();
        else timer ??= setTimeout(flush, BATCH_DELAY);
      });
    } finally {
      flush();
    }
  }

  onLake(protocol.signIn, (lake, { credentials, again }, signal) => {
    keepOutOfTexts(credentials);
    return credentials ? lake.session.signIn(credentials, signal) : lake.session.signInQuietly({ again: again ?? false }, signal);
  });
  on(protocol.signInAnswer, ({ query }) => service.signInAnswer(String(query)));
  onLake(protocol.signInMethods, (lake) => lake.session.methods());
  onLake(protocol.signOut, (lake) => lake.session.signOut().finally(forgetSecrets));
  onLake(protocol.ping, (lake, _params, signal) => lake.ping(signal));
  onLake(protocol.listScopes, (lake, { mine, quiet }, signal) => lake.listScopes(mine, signal, quiet));
  onLake(protocol.listDids, (lake, { scope, name, type, limit, rows, quiet }, signal) => streamed(protocol.didRows, rows, (onRows) => lake.listDids(scope, { name, type, limit }, onRows, signal, quiet)));
  onLake(protocol.searchDids, (lake, { text, type, limit, rows }, signal) => streamed(protocol.didRows, rows, (onRows) => lake.searchDids(text, { type, limit }, onRows, signal)));
  onLake(protocol.listContent, (lake, { did, type, limit, rows }, signal) => streamed(protocol.didRows, rows, (onRows) => lake.listContent(did, { type, limit }, onRows, signal)));
  onLake(protocol.getDid, (lake, { did }, signal) => lake.getDid(did, signal));
  onLake(protocol.openCollections, (lake, { dids }, signal) => lake.openCollections(dids, signal));
  onLake(protocol.glanceAt, (lake, { did }, signal) => lake.glance(did, signal));
  onLake(protocol.listParents, (lake, { did }, signal) => lake.listParents(did, signal));
  onLake(protocol.availability, (lake, { did }, signal) => lake.availability(did, signal));
  onLake(protocol.localPath, (lake, { did }, signal) => lake.localPath(did, signal));
  onLake(protocol.previewMakeAvailable, (lake, { did }, signal) => lake.previewMakeAvailable(did, signal));
  onLake(protocol.makeAvailable, (lake, { did }, signal) => lake.makeAvailable(did, signal));
  onLake(protocol.getRule, (lake, { id }, signal) => lake.getRule(id, signal));
  onLake(protocol.ruleOf, (lake, { did }, signal) => lake.ruleOf(did, signal));
  onLake(protocol.listDidRules, (lake, { did }, signal) => lake.listDidRules(did, signal));
  onLake(protocol.previewRule, (lake, { dids, wish }, signal) => lake.previewRule(dids, wish, signal));
  onLake(protocol.createRules, (lake, { dids, wish }, signal) => lake.createRules(dids, wish, signal));
  onLake(protocol.expressionRses, (lake, { expression }, signal) => lake.expressionRses(expression, signal));
  onLake(protocol.actOnRule, (lake, { id, action }, signal) => lake.actOnRule(id, action, signal));
  onLake(protocol.listRules, (lake, { rows, ...query }, signal) => streamed(protocol.ruleRows, rows, (onRules) => lake.listRules(query, onRules, signal)));
  onLake(protocol.storageUsage, (lake, _params, signal) => lake.storageUsage(signal));
  onLake(protocol.storageDetails, (lake, { rse }, signal) => lake.storageDetails(rse, signal));
  onLake(protocol.followRule, (lake, { id, progress }, signal) => lake.followRule(id, (state) => void tell(() => connection.sendProgress(protocol.ruleProgress, progress, state)), signal));

  on(protocol.openLocks, ({ instance, id, table, progress }, signal, who) => service.lockTables.open(who, table, service.openOf(who, instance).lake.client, id, (summary) => void tell(() => connection.sendProgress(protocol.locksRead, progress, summary)), signal));
  on(protocol.locksWindow, ({ table, query }, _signal, who) => service.lockTables.window(who, table, query));
  on(protocol.closeLocks, ({ table }, _signal, who) => service.lockTables.close(who, table));
  onLake(protocol.ruleSize, (lake, { id }, signal) => lake.ruleSize(id, signal));
  onLake(protocol.stuckFiles, (lake, { id }, signal) => lake.stuckFiles(id, signal));

  /** The same for requests about what this client's instance has in the service, whichever lake it is. */
  function onOpen<P extends { readonly instance: string }, R>(type: RequestType<P, R, Failure>, work: (open: OpenLake, params: P, signal: AbortSignal) => R | Promise<R>): void {
    on(type, (params, signal, who) => work(service.openOf(who, params.instance), params, signal));
  }

  const { watching } = service.ongoing;
  onOpen(protocol.watchRule, ({ session, lake }, { id }, signal) => watching.add(session, lake, id, signal));
  onOpen(protocol.watchDid, ({ session, lake }, { did }, signal) => watching.addDid(session, lake, did, signal));
  onOpen(protocol.unwatchRule, ({ session }, { id }) => watching.remove(session, id));
  onOpen(protocol.claimEnd, ({ session }, { id, ended }) => watching.claim(session, id, ended));
  onOpen(protocol.listWatches, ({ session }) => watching.list(session));

  on(protocol.attachmentNames, ({ language, dids, taken }) => namesFor(language, dids, taken));
  on(protocol.attachmentCode, ({ instance, attachments, language, quiet = false, environment = {} }, signal, who) => service.attaching.code({ attachments, language, quiet, environment, lakeOf: (name) => service.openOf(who, name ?? instance).lake }, signal));

  onLake(protocol.listFiles, (lake, { progress, ...wish }, signal) => {
    let said = 0;
    return lake.listFiles(wish, (files) => {
      if (Date.now() - said < COUNT_DELAY) return;
      said = Date.now();
      void tell(() => connection.sendProgress(protocol.filesListed, progress, files));
    }, signal);
  });

  /** The same for requests that need somebody to be signed in, as what comes of them goes on alone. */
  function onSignedIn<P extends { readonly instance: string }, R>(type: RequestType<P, R, Failure>, work: (open: OpenLake, params: P, signal: AbortSignal) => R | Promise<R>): void {
    on(type, async (params, signal, who) => work(await service.signedIn(who, params.instance, signal), params, signal));
  }

  function onTransfers<P extends { readonly instance: string }, R>(type: RequestType<P, R, Failure>, work: (engine: Transfers, lake: TransferLake, params: P, signal: AbortSignal) => R | Promise<R>): void {
    onSignedIn(type, (open, params, signal) => work(service.ongoing.transferring.engine, transferLake(open), params, signal));
  }

  onTransfers(protocol.uploadTargets, (engine, lake, _params, signal) => engine.targets(lake, signal));
  onTransfers(protocol.planUpload, (engine, lake, { wish, shown }, signal) => engine.planUpload(lake, wish, shown, signal));
  onTransfers(protocol.planDownload, (engine, lake, { wish, shown }, signal) => engine.planDownload(lake, wish, shown, signal));
  onTransfers(protocol.upload, (engine, lake, { wish }, signal) => engine.upload(lake, wish, signal));
  onTransfers(protocol.download, (engine, lake, { wish }, signal) => engine.download(lake, wish, signal));
  onSignedIn(protocol.readRemoteFile, (open, { did, limit, pieces }, signal) =>
    readRemote(transferLake(open), did, limit, (at, bytes) => void tell(() => connection.sendProgress(protocol.remotePieces, pieces, { at, base64: Buffer.from(bytes).toString('base64') })), signal));
  on(protocol.listTransfers, (_params, _signal, who) => service.ongoing.transferring.list(service.sessionsOf(who)));

  /** The same for requests about a transfer, which is known by its sign-in. */
  function onTransfer<P extends object, R>(type: RequestType<P, R, Failure>, work: (engine: Transfers, sessions: ReadonlySet<string>, params: P) => R | Promise<R>): void {
    on(type, (params, _signal, who) => work(service.ongoing.transferring.engine, service.sessionsOf(who), params));
  }

  onTransfer(protocol.transferFiles, (engine, sessions, { id, ...window }) => engine.files(sessions, id, window));
  onTransfer(protocol.actOnTransfer, (engine, sessions, { id, action }) => engine.act(sessions, id, action));
  onTransfer(protocol.claimTransferEnd, (engine, sessions, { id }) => engine.claim(sessions, id));

  /** The same for requests about the scratch space of one instance. */
  function onScratch<P extends { readonly instance: string }, R>(type: RequestType<P, R, Failure>, work: (space: ScratchSpace, lake: ScratchLake, params: P, signal: AbortSignal, session: protocol.SessionInfo) => R | Promise<R>): void {
    onSignedIn(type, (open, params, signal) => work(service.ongoing.scratching.space, scratchLake(open), params, signal, open.lake.session.info));
  }

  onScratch(protocol.scratchUpload, ({ uploads }, lake, { wish }, signal) => uploads.upload(lake, wish, signal));
  onScratch(protocol.scratchFiles, ({ uploads }, lake, { upload, ids }) => uploads.files(lake.session, { upload, ids }));
  onScratch(protocol.actOnScratch, ({ uploads }, lake, { id, action }, signal) => uploads.act(lake.session, id, action, signal));
  onScratch(protocol.touchScratch, (space, lake, { path }, signal) => space.touch(lake, path, signal));
  onScratch(protocol.listScratch, (space, lake, { folder, limit }, signal) => space.list(lake, folder, limit, signal));
  onScratch(protocol.sweepScratch, (space, lake, { instance: _, ...options }, signal, session) => space.sweep(lake, session, options, signal));

  connection.onNotification(protocol.observe, ({ instance, dids }) => {
    if (client) service.observing.observe(client, instance, dids);
  });
  connection.listen();
}

function same(given: unknown, wanted: string): boolean {
  if (typeof given !== 'string') return false;
  const a = Buffer.from(given);
  const b = Buffer.from(wanted);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** What a failure was about, as far as the request says. */
function context(params: object): { did?: DID; instance?: string } {
  const { did, instance } = params as { did?: DID; instance?: string };
  return { ...(did ? { did } : {}), ...(instance ? { instance } : {}) };
}
