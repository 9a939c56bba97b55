// A real XRootD that knows people by their certificates only (GSI), as older sites of the grid have it; on this machine, beside the lake's.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './install.ts';
import { serverUser } from './lake/config.ts';
import type { LakeInfo } from './lake/info.ts';

export interface GsiXrootd {
  /** "root://lake.test:1234//data/". */
  readonly url: string;
  /** What lies there. */
  readonly folder: string;
  /** What the server says, so far. */
  log(): string;
  close(): Promise<void>;
}

/** In `dir`, an empty folder that it may give to the user that it runs as. The lake's alice may do everything, others nothing. */
export async function gsiXrootd(lake: LakeInfo, dir: string): Promise<GsiXrootd> {
  const at = (...names: string[]): string => path.join(dir, ...names);
  const host = new URL(lake.rucio.http).hostname;
  const pki = path.dirname(lake.ca.file);
  fs.mkdirSync(at('storage', 'data'), { recursive: true });
  fs.mkdirSync(at('adm'));
  // Its own certificate has to have an RSA key.
  await run('openssl', ['req', '-newkey', 'rsa:2048', '-noenc', '-keyout', at('host.key'), '-subj', `/DC=org/DC=lake/CN=${host}`, '-out', at('host.csr')]);
  fs.writeFileSync(at('names'), `subjectAltName=DNS:${host},DNS:localhost\n`);
  await run('openssl', ['x509', '-req', '-in', at('host.csr'), '-CA', path.join(pki, 'ca.pem'), '-CAkey', path.join(pki, 'ca.key'), '-set_serial', String(Date.now()), '-days', '2', '-extfile', at('names'), '-out', at('host.pem')]);
  fs.cpSync(path.join(pki, 'certs'), at('certs'), { recursive: true, dereference: true });
  fs.writeFileSync(at('gridmap'), `"${lake.accounts.alice.x509!.dn}" alice\n`);
  fs.writeFileSync(at('authdb'), 'u alice /data a\n');
  const port = await freePort();
  fs.writeFileSync(at('xrootd.cfg'), [
    'all.export /data', `oss.localroot ${at('storage')}`, `all.adminpath ${at('adm')}`, `all.pidpath ${at('adm')}`, `xrd.port ${port}`, 'xrootd.chksum max 2 adler32', 'xrootd.seclib libXrdSec.so',
    `sec.protocol gsi -certdir:${at('certs')} -cert:${at('host.pem')} -key:${at('host.key')} -gridmap:${at('gridmap')} -gmapopt:2 -crl:0 -ca:1 -vomsat:0`, 'sec.protbind * only gsi',
    'ofs.authorize', `acc.authdb ${at('authdb')}`, '',
  ].join('\n'));
  const user = serverUser(); // XRootD does not run as root
  if (user) await run('chown', ['-R', `${user.uid}:${user.gid}`, dir]);
  fs.chmodSync(at('host.key'), 0o600);
  const log = fs.openSync(at('log'), 'w');
  // On this machine's own address only, as the lake's.
  const child: ChildProcess = spawn('xrootd', ['-c', at('xrootd.cfg'), '-n', 'gsi', '-I', 'v4'], { cwd: at('adm'), ...user, stdio: ['ignore', log, log], env: { PATH: process.env['PATH'], LD_PRELOAD: path.join(lake.dir, 'etc', 'xrootd-local.so'), X509_CERT_DIR: at('certs') } });
  fs.closeSync(log);
  const said = (): string => fs.readFileSync(at('log'), 'utf8');
  for (let n = 0; !/initialization completed\.\s*$/.test(said()); n++) {
    if (n > 200 || child.exitCode !== null) throw new Error(`XRootD with certificates did not start: ${said().slice(-2000)}`);
    await sleep(50);
  }
  return {
    url: `root://${host}:${port}//data/`, folder: at('storage', 'data'), log: said,
    close: async () => {
      const over = once(child, 'exit');
      child.kill('SIGTERM');
      await over;
    },
  };
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
