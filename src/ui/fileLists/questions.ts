// What is asked before a list of files is made: where they are to be read, by which protocol, in which form.
import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import type { FileListFormat, FileListWish } from '../../protocol.ts';
import type { UiContext } from '../context.ts';
import { withoutIcons } from '../plain.ts';

export type Where = Pick<FileListWish, 'at' | 'protocol'>;

const PROTOCOLS: readonly { readonly label: string; readonly protocol?: string }[] = [{ label: 'root, davs or https, whichever it has' }, { label: 'root', protocol: 'root' }, { label: 'davs', protocol: 'davs' }, { label: 'https', protocol: 'https' }];

type Item = vscode.QuickPickItem & { readonly where?: Where; readonly storage?: true };

/** `paths`: places at the mount may be chosen, too. undefined = dismissed. */
export async function askWhere(ui: Pick<UiContext, 'client' | 'instances'>, title: string, instance: string, paths: boolean): Promise<Where | undefined> {
  const settings = ui.instances.get(instance);
  const mount = settings?.destinationRse !== undefined ? settings.rseMountPath : undefined;
  const items: Item[] = [
    ...PROTOCOLS.map(({ label, ...by }) => ({ label: 'Nearest Replica', description: label, where: { at: 'nearest' as const, ...by } })),
    { label: 'At a Storage (RSE)…', description: 'addresses there', storage: true },
    ...(paths && mount !== undefined ? [{ label: 'Paths Here', description: withoutIcons(mount), where: { at: 'here' as const } }] : []),
  ];
  const chosen = await vscode.window.showQuickPick(items, { title, placeHolder: 'Where are the files to be read?', matchOnDescription: true });
  return chosen?.storage ? askStorage(ui, title, instance) : chosen?.where;
}

async function askStorage({ client }: Pick<UiContext, 'client'>, title: string, instance: string): Promise<Where | undefined> {
  const names = client.request(protocol.expressionRses, { instance, expression: '*' }).then((rses) => rses.map((rse) => ({ label: withoutIcons(rse), rse })));
  const storage = await vscode.window.showQuickPick(names, { title, placeHolder: 'At which storage (RSE)?' });
  if (!storage) return undefined;
  const items = PROTOCOLS.map(({ label, protocol: by }) => ({ label, by }));
  const chosen = await vscode.window.showQuickPick(items, { title, placeHolder: `By which protocol at ${storage.rse}?` });
  return chosen && { at: { rse: storage.rse }, ...(chosen.by !== undefined && { protocol: chosen.by }) };
}

export const ENDINGS: Readonly<Record<FileListFormat, string>> = { txt: 'txt', json: 'json', metalink: 'meta4' };

/** undefined = dismissed. */
export async function askFormat(title: string): Promise<FileListFormat | undefined> {
  const items: (vscode.QuickPickItem & { readonly format: FileListFormat })[] = [
    { label: 'Text', description: 'one address or path in each line', format: 'txt' },
    { label: 'JSON', description: 'with DID, size, checksum and storage of each file', format: 'json' },
    { label: 'Metalink', description: 'for downloaders (RFC 5854), with size and checksum', format: 'metalink' },
  ];
  return (await vscode.window.showQuickPick(items, { title, placeHolder: 'In which form?', matchOnDescription: true }))?.format;
}
