// Which ports a lake uses. They are chosen once: addresses of storages are in Rucio's database.
import net from 'node:net';
import { LakeError } from './error.ts';

/** Kept in the database, so these never change: storage addresses, the issuer in identities, the stand-in in RSE attributes. */
const RECORDED = ['idp', 'standin', 'scratch', 'remote', 'eulake'] as const;
const OTHERS = ['postgres', 'http', 'https'] as const;
export type PortName = (typeof RECORDED)[number] | (typeof OTHERS)[number];
export type Ports = Readonly<Record<PortName, number>>;

/** Can something listen on this port of 127.0.0.1 now? */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A free port below the range that the system hands to outgoing connections, so that none of those takes it while the lake is down. */
export async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!taken.has(port) && await isFree(port)) return port;
  }
  throw new LakeError('No free port between 20000 and 32000 was found on 127.0.0.1.');
}

/** The ports of a start: those of the last one where they are free; a recorded one that is taken is an error. */
export async function choosePorts(last: Partial<Ports>, dir: string): Promise<Ports> {
  const ports: Partial<Record<PortName, number>> = {};
  const taken = new Set<number>();
  for (const name of [...RECORDED, ...OTHERS]) {
    const before = last[name];
    let port: number;
    if (before !== undefined && await isFree(before)) port = before;
    else if (before !== undefined && (RECORDED as readonly string[]).includes(name)) {
      throw new LakeError(`Port ${before} of this lake (${name}) is taken by another program: end that, or start with --fresh to choose new ports (the data in ${dir} goes).`);
    } else port = await freePort(taken);
    ports[name] = port;
    taken.add(port);
  }
  return ports as Ports;
}
