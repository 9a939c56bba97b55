// The last step of *Download…*: how much, where to, what is there already, what can't be had, before anything is fetched.
import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import type { DownloadPlan, DownloadWish } from '../../protocol.ts';
import type { UiContext } from '../context.ts';
import { bytesText, count, didText } from '../explorer/words.ts';
import { withoutIcons } from '../plain.ts';
import type { BACK } from '../prompts/inTurn.ts';
import { askPick } from '../prompts/prompt.ts';
import { downloadLines, type PlanDocuments } from './planDocument.ts';
import { planPick, saidRows } from './planPick.ts';

export type DownloadSaid = { readonly do: 'go' } | { readonly do: 'tape'; readonly tape: number };

export function downloadPreview(ui: UiContext, documents: PlanDocuments, instance: string, title: string, at: { readonly step: number; readonly of: number }, wish: DownloadWish): Promise<DownloadSaid | typeof BACK | undefined> {
  return planPick<DownloadPlan, DownloadSaid>({
    title, at, looking: 'Looking at the files, the storages and the disk…', unknown: 'It is not known what would be fetched',
    ask: (shown, signal) => ui.client.request(protocol.planDownload, { instance, wish, shown }, signal),
    // Asked once, before all is shown.
    first: (plan) => (plan.tape > 0 && wish.tape === undefined ? { do: 'tape', tape: plan.tape } : undefined),
    items: (plan) => itemsOf(plan, wish),
    placeholder: (plan) => (plan.problems.length > 0 ? 'This can’t be fetched so: go back and change an answer' : 'Enter on the first row fetches'),
    whole: (plan) => documents.show(`Download to ${wish.folder}`, downloadLines(plan)),
  });
}

function itemsOf({ files, total, bytes, diskFree, problems, warnings, tape, here }: DownloadPlan, wish: DownloadWish): (vscode.QuickPickItem & { readonly said?: DownloadSaid })[] {
  const free = diskFree === null ? '' : `, ${bytesText(diskFree)} free there`;
  return [
    ...(problems.length > 0 ? problems.flatMap((problem) => saidRows('circle-slash', problem))
      : [{ label: withoutIcons(`Download ${count(total, 'file')} (${bytesText(bytes)})`), detail: withoutIcons(`Verified, to ${wish.folder}${free}`), said: { do: 'go' } as const }]),
    ...(tape > 0 && wish.tape !== undefined ? [{ label: `$(question) ${count(tape, 'file')} on tape only`, description: wish.tape === 'skip' ? 'left out' : 'asked of the tape, last', said: { do: 'tape', tape } as const }] : []),
    ...warnings.flatMap((warning) => saidRows('warning', warning)),
    { label: total > files.length ? `The first ${files.length} of ${count(total, 'file')}` : 'Files', kind: vscode.QuickPickItemKind.Separator },
    ...files.map(({ path, did, bytes: size, note, problem }) => ({ label: `${problem !== undefined ? '$(circle-slash)' : note !== undefined ? '$(info)' : '$(file)'} ${withoutIcons(didText(did))}`, description: withoutIcons([bytesText(size), problem ?? note].filter(Boolean).join(', ')), ...(here.other > 0 || note !== undefined ? { detail: withoutIcons(path) } : {}) })),
  ];
}

/** Dismissed: left out. */
export async function askTape(title: string, tape: number): Promise<Pick<DownloadWish, 'tape'>> {
  const items = [
    { label: 'Leave them out', description: 'a rule to a disk brings them from tape: Create Rule…', value: 'skip' as const },
    { label: 'Ask the tape for them', description: 'may take hours, or fail', value: 'fetch' as const },
  ];
  const chosen = await askPick({ title, placeholder: `${count(tape, 'file')} ${tape === 1 ? 'is' : 'are'} on tape only`, items });
  return { tape: typeof chosen === 'object' ? chosen.value : 'skip' };
}
