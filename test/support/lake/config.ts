// Writes the lake's folders and configuration files, from templates/.
import fs from 'node:fs';
import path from 'node:path';
import { HOST } from './hosts.ts';
import type { LakeInstall } from './install.ts';
import { dnOf, trustIssuer } from './keys.ts';
import type { Ports } from './ports.ts';
import { rseSpecs, sites, storageFolder, type Site } from './sites.ts';

/** A system user, for what refuses to run as root (PostgreSQL, XRootD). */
export interface User { readonly uid: number; readonly gid: number }

/** `nobody` when we are root, otherwise ourselves (undefined). */
export function serverUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const entry = fs.readFileSync('/etc/passwd', 'utf8').split('\n').find((l) => l.startsWith('nobody:'))?.split(':');
  return { uid: Number(entry?.[2] ?? 65534), gid: Number(entry?.[3] ?? 65534) };
}

/** A template with its ${names} filled in; a name without a value is an error. */
export function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return fs.readFileSync(path.join(import.meta.dirname, 'templates', template), 'utf8').replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${template} needs ${name}`);
    return String(value);
  });
}

export const issuerOf = (ports: Ports): string => `https://${HOST}:${ports.idp}`;

/** Writes everything that the processes read. Keys must be there. */
export function writeConfiguration(dir: string, ports: Ports, install: LakeInstall): void {
  const user = serverUser();
  const own = (file: string): void => { if (user) fs.chownSync(file, user.uid, user.gid); };
  const etc = path.join(dir, 'etc');
  for (const folder of ['etc', 'log', 'run', 'mnt', 'storage']) fs.mkdirSync(path.join(dir, folder), { recursive: true });
  const values = {
    dir, host: HOST, ...ports, sitePackages: install.sitePackages, mailTemplates: path.join(install.python, '../../rucio/etc/mail_templates'),
    rootDn: dnOf('root'), serviceDn: dnOf('service'), aliceDn: dnOf('alice'),
  };
  for (const file of ['rucio.cfg', 'alembic.ini', 'idpsecrets.json', 'scitokens.cfg', 'authdb', 'gridmap']) fs.writeFileSync(path.join(etc, file), fill(file, values));

  // nobody may not be able to read the project's folder
  const preload = path.join(etc, 'xrootd-local.so');
  fs.rmSync(preload, { force: true });
  fs.copyFileSync(install.xrootdLocal, preload);
  fs.mkdirSync(path.join(dir, 'adm'), { recursive: true });
  own(path.join(dir, 'adm'));
  for (const [site, { exports }] of Object.entries(sites) as [Site, { exports: readonly string[] }][]) {
    const storage = storageFolder(dir, site);
    for (const folder of ['', ...exports.map((prefix) => `data${prefix}`), 'data', 'run', 'cache']) {
      fs.mkdirSync(path.join(storage, folder), { recursive: true });
      own(path.join(storage, folder));
    }
    fs.copyFileSync(path.join(dir, 'pki', 'host.key'), path.join(storage, 'host.key'));
    own(path.join(storage, 'host.key'));
    fs.writeFileSync(path.join(etc, `xrootd.${site}.cfg`), fill('xrootd.cfg', { ...values, exports: exports.map((prefix) => `all.export ${prefix}`).join('\n'), storage, port: ports[site] }));
    trustIssuer(path.join(storage, 'cache'), issuerOf(ports), path.join(dir, 'pki', 'jwks.public.json'));
    for (const file of ['scitokens', 'scitokens/scitokens_cpp.sqllite']) own(path.join(storage, 'cache', file));
  }
  for (const rse of Object.values(rseSpecs)) {
    if (rse.mount === undefined) continue;
    const link = path.join(dir, 'mnt', rse.mount);
    fs.rmSync(link, { force: true });
    fs.symlinkSync(path.join(storageFolder(dir, rse.site), 'data', rse.prefix), link);
  }
  // what the Rucio process and the two Node processes need to know
  fs.writeFileSync(path.join(etc, 'lake.json'), JSON.stringify({
    dir, host: HOST, ports, issuer: issuerOf(ports), content: install.content, idpModules: install.idpModules, owner: user ? [user.uid, user.gid] : null,
    dns: { root: dnOf('root'), service: dnOf('service'), alice: dnOf('alice'), bob: dnOf('bob') }, rses: rseSpecs,
  }, undefined, 1));
}
