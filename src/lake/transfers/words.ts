// What goes wrong when files are moved, by the classes that this folder and storage/ give their errors: what happened, and what to do.
import type { Explained } from '../types.ts';

/** `what` and `next` may use {words} for the server's own words and {about} for what it was about. */
export interface Words {
  readonly what: string;
  readonly next: string;
  readonly actions?: readonly Explained['actions'][number][];
}

export const TRANSFER_WORDS: Readonly<Record<string, Words>> = {
  StorageAway: { what: '{words}', next: 'Try again later; if it stays so, the storage or your network has a fault. What was moved so far is kept.', actions: ['retry'] },
  MayNotSign: { what: '{words}', next: 'Ask those who run this Rucio for the account attribute sign-url, or take a rule to another storage. Nothing was shown to that storage.' },
  SetAside: { what: '{words}', next: 'Retry it. If that happens again, cancel it, and show the log to those who care for this extension: one of its files may be too much for this machine.', actions: ['retry', 'showLog'] },
  NotSigned: { what: '{words}', next: 'Show this to those who run this Rucio, or take another storage.', actions: ['retry'] },
  StorageBusy: { what: '{words}', next: 'Try again in a minute.', actions: ['retry'] },
  StorageFailed: { what: '{words}', next: 'Try again; if it stays so, show this to those who run the storage.', actions: ['retry', 'showLog'] },
  StorageDenied: { what: '{words}', next: 'Storages know people by a certificate or by an OpenID token that allows it, not by a password of Rucio. Sign in another way, or choose another storage.', actions: ['signIn'] },
  NoXrootd: { what: '{words}', next: 'Install xrootd-client, or ask those who run this machine; storages that speak davs or https need nothing.', actions: ['retry'] },
  StorageNotFound: { what: '{words}', next: 'Try again; if it stays so, tell your data managers: the catalogue says something else.', actions: ['retry'] },
  StorageFull: { what: '{words}', next: 'Choose another storage, or ask your data managers for room there.', actions: ['retry'] },
  StorageExists: { what: '{words}', next: 'Try again: it is looked at before anything is done.', actions: ['retry'] },
  StorageRedirect: { what: '{words}', next: 'Tell those who run the storage.' },
  FarEndDiffers: { what: '{words}', next: 'Nothing wrong was kept. Try again; if it stays so, tell those who run the storage.', actions: ['retry'] },
  Occupied: { what: '{words}', next: 'Choose another name (a prefix), or ask your data managers what lies there.' },
  NameTaken: { what: '{words}', next: 'Choose another name (a prefix): a name in the catalogue means one content for ever.' },
  NotEntered: { what: '{words}', next: 'Try again: what is at the storage is not sent twice.', actions: ['retry'] },
  NotWritable: { what: '{words}', next: 'Choose another storage.' },
  PlanRefused: { what: '{words}', next: 'Correct what is named, then upload again. Nothing was sent.' },
  FileChanged: { what: '{words}', next: 'Wait until nothing writes to it any more, then try again.', actions: ['retry'] },
  FileExists: { what: '{words}', next: 'Move it away or choose another folder, then try again.', actions: ['retry'] },
  LocalDisk: { what: '{words}', next: 'Make room or choose another folder, then resume: what was fetched is kept.', actions: ['retry'] },
  OnTape: { what: '{words}', next: 'Make a rule to a disk with Create Rule…, and open it when that is OK.' },
  MetadataRefused: { what: '{words}', next: 'The file is in the lake. Correct the metadata with Rucio’s own client, or upload again with other metadata; try again if you were only not allowed to for a while.', actions: ['retry'] },
  NoScratch: { what: '{words}', next: 'Correct scratch_rse, scratch_mount_path and scratch_path_begins_at of this instance, or ask those who run your pods.', actions: ['openSettings'] },
  StorageDiffers: { what: '{words}', next: 'Nothing was deleted. If it was just written, try again in a minute; if not, show this to those who run the storage, and check scratch_path_begins_at.', actions: ['retry'] },
  OtherPlace: { what: '{words}', next: 'Choose another name (a prefix), or ask your data managers what lies there.' },
  StaysInScratch: { what: '{words}', next: 'Nothing was deleted. Look at its rule; to begin anew, choose Forget Upload at its row in the Scratch view (or datalake scratch forget), and upload it again.', actions: ['showRule', 'retry'] },
  MayNotRelease: { what: 'The file is safe elsewhere, but you may not end the rule that holds {about} in scratch. The server says: {words}', next: 'Nothing was deleted. Ask your data managers to end that rule, or to let accounts end their own.', actions: ['retry'] },
  ScratchRefused: { what: '{words}', next: 'Files elsewhere are uploaded with: datalake put --rse RSE -s SCOPE PATHS…' },
  NothingSwept: { what: '{words}', next: 'Nothing was deleted.', actions: ['retry'] },
  NoSource: { what: '{words}', next: 'Make it available by a rule, or try again later.', actions: ['retry'] },
};
