// The lake's storages: three XRootD servers and the RSEs on them. The seed (rucio/storages.py) reads this list too.
import path from 'node:path';
import { HOST } from './hosts.ts';
import type { LakeRse, RseName } from './info.ts';
import type { Ports } from './ports.ts';

/** An XRootD server; its data lies in <dir>/storage/<site>/data. */
export type Site = 'scratch' | 'remote' | 'eulake';
export const sites: Readonly<Record<Site, { readonly exports: readonly string[] }>> = { scratch: { exports: ['/rucio'] }, remote: { exports: ['/rucio'] }, eulake: { exports: ['/eulake_1', '/scratch'] } };

interface RseSpec {
  readonly site: Site;
  readonly prefix: string;
  readonly type: 'DISK' | 'TAPE';
  /** Its files lie wherever whoever registered them says: no path follows from a name. */
  readonly anywhere?: true;
  /** RSE attributes; lfn2pfn_algorithm says how a path follows from a name (hash, where absent). */
  readonly attributes: Readonly<Record<string, string | boolean>>;
  /** The name of its folder below <dir>/mnt. */
  readonly mount?: string;
}

export const rseSpecs: Readonly<Record<RseName, RseSpec>> = {
  XRD1_SCRATCHDISK: { site: 'scratch', prefix: '/rucio/', type: 'DISK', attributes: { site: 'SITE-1', tier: '2', country: 'CH', type: 'SCRATCHDISK' } },
  XRD2_DATADISK: { site: 'remote', prefix: '/rucio/', type: 'DISK', attributes: { site: 'SITE-2', tier: '1', country: 'DE', type: 'DATADISK', lfn2pfn_algorithm: 'identity' } },
  'EULAKE-1': { site: 'eulake', prefix: '/eulake_1/', type: 'DISK', attributes: { site: 'CERN', tier: '0', country: 'CH', type: 'LAKE', eulake: true }, mount: 'eulake_1' },
  // the scratch space of a pod: files of people, registered where they lie
  'JUPYTER-SCRATCH-EULAKE': { site: 'eulake', prefix: '/scratch/', type: 'DISK', anywhere: true, attributes: { site: 'CERN', tier: '3', country: 'CH', type: 'SCRATCH' }, mount: 'scratch' },
  // nothing is on its disk: the files of --scale, which only the catalogue knows
  SCALE_DATADISK: { site: 'remote', prefix: '/rucio/scale/', type: 'DISK', attributes: { site: 'SITE-2', tier: '1', country: 'DE', type: 'DATADISK' } },
  // a tape by its name and type only; alice has no quota here
  XRD2_TAPE: { site: 'remote', prefix: '/rucio/tape/', type: 'TAPE', attributes: { site: 'SITE-2', tier: '1', country: 'DE', type: 'DATATAPE', istape: true } },
};

export const storageFolder = (dir: string, site: Site): string => path.join(dir, 'storage', site);

export function rseInfo(dir: string, ports: Ports): Record<RseName, LakeRse> {
  const entries = Object.entries(rseSpecs).map(([name, rse]) => [name, {
    davs: `davs://${HOST}:${ports[rse.site]}${rse.prefix}`,
    root: `root://${HOST}:${ports[rse.site]}/${rse.prefix}`,
    folder: path.resolve(path.join(storageFolder(dir, rse.site), 'data', rse.prefix)),
    ...(rse.mount === undefined ? {} : { mount: path.join(dir, 'mnt', rse.mount) }),
    type: rse.type,
  } satisfies LakeRse] as const);
  return Object.fromEntries(entries) as Record<RseName, LakeRse>;
}

/** The storage that a pod has as its scratch space. */
export const scratchRse: RseName = 'JUPYTER-SCRATCH-EULAKE';
