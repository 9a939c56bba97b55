// What windows and terminals may ask about the scratch space of an instance: uploads from it, what lies there, the sweep.
import fs from 'node:fs/promises';
import { RucioError } from '../../rucio/errors.ts';
import type { SessionInfo } from '../types.ts';
import { type Catalogued, catalogued } from './catalogued.ts';
import { ScratchUploads, type ScratchUploadsOptions } from './engine.ts';
import { listScratch } from './listing.ts';
import type { Scratch } from './place.ts';
import { inScratch, type ScratchLake, scratchOf } from './plan.ts';
import { sweep } from './sweep.ts';
import type { ScratchListing, SweepReport } from './types.ts';

/** ms for which what the catalogue has in scratch is not asked again for a view: each folder that is opened needs it. */
const REMEMBERED = 20_000;

export class ScratchSpace {
  readonly uploads: ScratchUploads;
  readonly #known = new Map<string, { readonly at: number; readonly known: Promise<Catalogued> }>();

  constructor({ onChange, ...options }: ScratchUploadsOptions) {
    this.uploads = new ScratchUploads({ ...options, onChange: (session) => {
      this.#known.delete(session);
      onChange(session);
    } });
  }

  /** @throws RucioError configuration where the instance has no scratch, badInput for what is not in it. */
  async list(lake: ScratchLake, folder: string | undefined, limit: number, signal?: AbortSignal): Promise<ScratchListing> {
    const scratch = await scratchOf(lake, signal);
    return listScratch({ client: lake.client, scratch, known: () => this.#catalogued(lake, scratch, signal), fileOf: (pfn) => this.uploads.fileOf(lake.session, pfn) }, folder === undefined ? scratch.folder : await inScratch(scratch, folder), limit, signal);
  }

  /** Nothing that a link leads to. */
  async touch(lake: ScratchLake, file: string, signal?: AbortSignal): Promise<void> {
    const scratch = await scratchOf(lake, signal);
    const now = new Date();
    await fs.utimes(await inScratch(scratch, file), now, now).catch((error: NodeJS.ErrnoException) => { throw new RucioError('mount', `${file} can't be kept (${error.code}): it is not yours to write to, or scratch is read-only.`, { subject: file }); });
  }

  async sweep(lake: ScratchLake, session: SessionInfo, { folder, ...options }: { readonly folder?: string | undefined; readonly remove: boolean; readonly days?: number }, signal?: AbortSignal): Promise<SweepReport> {
    const scratch = await scratchOf(lake, signal);
    const account = await lake.account(signal);
    return sweep({
      client: lake.client, storage: lake.storage, scratch, folder: folder === undefined ? scratch.folder : await inScratch(scratch, folder),
      as: `${account} at ${lake.instance}${session.method === undefined ? '' : `, ${WAYS[session.method]}`}`,
      also: this.uploads.files(lake.session).map(({ did }) => did), busy: () => this.uploads.busy(),
    }, options, signal);
  }

  #catalogued(lake: ScratchLake, scratch: Scratch, signal: AbortSignal | undefined): Promise<Catalogued> {
    const before = this.#known.get(lake.session);
    if (before && Date.now() - before.at < REMEMBERED) return before.known;
    const known = catalogued(lake.client, scratch.rse, this.uploads.files(lake.session).map(({ did }) => did), signal);
    this.#known.set(lake.session, { at: Date.now(), known });
    known.catch(() => this.#known.delete(lake.session));
    return known;
  }
}

/** By what somebody is signed in, for a person. */
const WAYS: Readonly<Record<NonNullable<SessionInfo['method']>, string>> = {
  environment: 'by a token in the environment', file: 'by a token in a file', hub: 'by a token of the hub', config: 'by the password in rucio.cfg',
  userpass: 'by a password', token: 'by a token that was pasted', x509: 'by a certificate', proxy: 'by a grid proxy', ssh: 'by an SSH key', oidc: 'by OpenID through Rucio', device: 'by OpenID with a code', code: 'by OpenID in a browser',
};
