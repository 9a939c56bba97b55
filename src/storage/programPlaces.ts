// The folders in which programs are put that we start. The PATH that we were started with is not the person's: behind a hub it is the system's own.
import os from 'node:os';
import path from 'node:path';

/** Environments first: who made one means it. PATH last, and no folder twice. */
export function programPlaces(env: Readonly<Record<string, string | undefined>>, platform: NodeJS.Platform = process.platform): string[] {
  const windows = platform === 'win32';
  const bin = (folder: string | undefined): string[] => (folder ? [path.join(folder, windows ? 'Scripts' : 'bin')] : []);
  const home = env['HOME'] || os.homedir();
  const places = [
    ...bin(env['VIRTUAL_ENV']), ...bin(env['CONDA_PREFIX']),
    ...(windows ? [] : [path.join(home, '.local', 'bin'), ...['/opt/rucio', '/opt/conda', '/usr/local', '/usr'].flatMap(bin), '/bin']),
    ...(env['PATH'] ?? '').split(path.delimiter),
  ];
  return [...new Set(places.filter((place) => path.isAbsolute(place)))];
}
