// From a path in scratch to its PFN at the storage that scratch is, the way back of lake/mounts/mounts.ts. What a link leads to counts, and
// what is not really in scratch has no PFN.
import fs from 'node:fs/promises';
import path from 'node:path';
import type { RucioClient } from '../../rucio/client.ts';
import { RucioError } from '../../rucio/errors.ts';
import { SCHEMES, urlOf } from '../../storage/url.ts';
import type { ScratchPlace } from '../types.ts';

export interface Scratch {
  readonly rse: string;
  /** Links resolved. */
  readonly mount: string;
  /** The user's own folder, links resolved. */
  readonly folder: string;
  /** @param real a path without links. A reason is a sentence without its end. */
  pfnOf(real: string): { readonly pfn: string } | { readonly reason: string };
}

/** @throws RucioError configuration when scratch is not there, or no storage in which files can be registered where they lie. */
export async function openScratch(client: Pick<RucioClient, 'getRse'>, place: ScratchPlace, signal?: AbortSignal): Promise<Scratch> {
  const no = (why: string): RucioError => new RucioError('configuration', `${place.rse} can't be used as scratch: ${why}.`, { subject: place.rse, exceptionClass: 'NoScratch' });
  const real = async (folder: string): Promise<string> => fs.realpath(folder).catch((error: unknown) => { throw no(`${folder} can't be opened (${codeOf(error)})`); });
  const [mount, folder, details] = [await real(place.mountPath), await real(place.folder), await client.getRse(place.rse, signal)];
  if (!within(mount, folder)) throw no(`${place.folder} leads to ${folder}, which is not below ${place.mountPath}`);
  if (details.deterministic !== false) throw no('its files lie where their names say (it is deterministic), so none can be registered where it lies. Files are uploaded there, as anywhere, with datalake put');
  const [protocol] = (details.protocols ?? []).filter(({ scheme, domains }) => SCHEMES.includes(scheme) && (domains.wan.write ?? 0) > 0).sort((a, b) => a.domains.wan.write! - b.domains.wan.write!);
  if (!protocol) throw no('it is not reached by davs or https, so what lies here can\'t be compared with what the storage has');
  const prefix = partsOf(protocol.prefix);
  const begins = place.pathBeginsAt ?? prefix.length;
  if (begins > prefix.length) throw no(`scratch_path_begins_at is ${begins}, and its prefix ${protocol.prefix} has ${prefix.length} parts only: name the mount of the whole storage`);
  const below = prefix.slice(begins);
  return {
    rse: place.rse, mount, folder,
    pfnOf(file) {
      const parts = within(mount, file) ? partsOf(path.relative(mount, file)) : [];
      if (parts.length === 0) return { reason: `it is not below ${place.mountPath}` };
      if (below.some((part, n) => parts[n] !== part)) return { reason: `it is beside the storage's own folder, ${path.join(place.mountPath, ...below)}` };
      // Of a PFN Rucio keeps what stands before #, ? and ; (urlparse), and its http clients decode %20: either would mean another file.
      const odd = parts.find((part) => part === '..' || /[\u0000-\u001f\u007f\ufffd#?;]|%[0-9a-f]{2}|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/i.test(part));
      if (odd !== undefined) return { reason: 'its name can be no name in a catalogue' };
      return { pfn: `${protocol.scheme}://${protocol.hostname}:${protocol.port}/${[...prefix.slice(0, begins), ...parts].join('/')}` };
    },
  };
}

/** How the storage is asked for it. */
export const addressOf = (pfn: string): URL => urlOf(pfn, path.posix.basename(pfn));

export function within(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative === '' || (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative));
}

export const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : String(error));

const partsOf = (text: string): string[] => text.split(path.sep === '/' ? '/' : /[/\\]/).filter((part) => part !== '' && part !== '.');
