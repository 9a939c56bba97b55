// Whether assistants may use the lake on this machine: the setting rucio.assistants.enabled, told to those who have no
// settings (`datalake mcp`) by a file of the state folder that is there when they may not.
import fs from 'node:fs';
import path from 'node:path';
import { type Place, privateFolder } from '../client/place.ts';

const fileIn = ({ state }: Pick<Place, 'state'>): string => path.join(state, 'assistants-off');

export const TURNED_OFF = 'The setting rucio.assistants.enabled is off: assistants may not use the data lake on this machine.';

export function assistantsAllowed(place: Pick<Place, 'state'>): boolean {
  return !fs.existsSync(fileIn(place));
}

/** @throws ServiceFailure when the folder is not ours */
export function allowAssistants(place: Pick<Place, 'state'>, allowed: boolean): void {
  if (allowed) return fs.rmSync(fileIn(place), { force: true });
  privateFolder(place.state);
  fs.writeFileSync(fileIn(place), '', { mode: 0o600 });
}
