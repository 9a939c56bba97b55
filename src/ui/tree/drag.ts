// DIDs and rules dragged out of our trees: what editors are given of them.
import * as vscode from 'vscode';
import type { DidRef } from '../context.ts';

/** Known to ourselves only. */
export const DIDS_MIME = 'application/vnd.rucio.dids+json';
const MOST_DRAGGED = 1000;

export interface Dragged extends DidRef {
  readonly ruleId?: string;
}

/** What has no DID is left out; with nothing left nothing is dragged. */
export function drag(dids: readonly (Dragged | undefined)[], data: vscode.DataTransfer): void {
  const dragged = dids.filter((did) => did !== undefined).slice(0, MOST_DRAGGED);
  if (dragged.length === 0) return;
  data.set(DIDS_MIME, new vscode.DataTransferItem(JSON.stringify(dragged)));
  data.set('text/plain', new vscode.DataTransferItem(dragged.map(({ scope, name }) => `${scope}:${name}`).join('\n')));
}
