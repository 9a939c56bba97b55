// The last step of *Upload to Data Lake…*: every name before anything is sent, what is left out and why, and what can still be changed.
import * as vscode from 'vscode';
import * as protocol from '../../protocol.ts';
import type { UploadPlan } from '../../protocol.ts';
import type { UiContext } from '../context.ts';
import { bytesText, count, didText } from '../explorer/words.ts';
import { withoutIcons } from '../plain.ts';
import type { At, BACK } from '../prompts/inTurn.ts';
import { askPick, askText } from '../prompts/prompt.ts';
import { type Answers, type Choices, didIn, parseMetadata, wishOf } from './answers.ts';
import { uploadLines, type PlanDocuments } from './planDocument.ts';
import { planPick, saidRows } from './planPick.ts';
import type { Upload } from './uploadQuestions.ts';

export type Said = { readonly do: 'go' | 'metadata' | 'same' | 'signIn' } | { readonly do: 'links'; readonly links: number } | { readonly do: 'taken'; readonly taken: number } | { readonly do: 'name'; readonly path: string; readonly name: string };

type PreviewItem = vscode.QuickPickItem & { readonly said?: Said };

/** Enter on the first row sends; on others it changes something. */
export function preview(ui: UiContext, documents: PlanDocuments, { instance, paths, title }: Upload, at: At, answers: Answers, choices: Choices, askTakenFirst: boolean): Promise<Said | typeof BACK | undefined> {
  const wish = wishOf(paths, answers, choices);
  return planPick<UploadPlan, Said>({
    title, at, looking: 'Looking at the files, the lake and the storage…', unknown: 'It is not known what would be uploaded',
    ask: (shown, signal) => ui.client.request(protocol.planUpload, { instance, wish, shown }, signal),
    // Asked once, before all is shown.
    first: (plan) => (plan.linksOut > 0 && choices.links === undefined ? { do: 'links', links: plan.linksOut } : askTakenFirst && plan.taken > 0 && choices.taken === undefined && plan.problems.length === 1 ? { do: 'taken', taken: plan.taken } : undefined),
    items: (plan) => itemsOf(plan, answers, choices),
    placeholder: (plan) => (plan.problems.length > 0 ? 'This can’t be uploaded so: go back and change an answer, or a name below' : 'Enter on the first row uploads; on a file it gives another name'),
    whole: (plan) => documents.show(`Upload to ${answers.rse}`, uploadLines(plan)),
  });
}

function itemsOf(plan: UploadPlan, answers: Answers, choices: Choices): PreviewItem[] {
  const { files, total, bytes, skipped, problems, warnings, stranger, taken, same, datasets } = plan;
  const into = answers.container !== '' ? ` into ${count(datasets.length, 'dataset')} of ${didText(didIn(answers.container, answers.scope))}` : answers.dataset === '' ? '' : ` into ${didText(didIn(answers.dataset, answers.scope))}`;
  const first: PreviewItem[] = problems.length === 0
    ? [{ label: withoutIcons(`Upload ${count(total, 'file')} (${bytesText(bytes)}) to ${answers.rse}`), detail: withoutIcons(`As ${answers.scope}:…${into}, ${answers.lifetime === '' ? 'no end' : answers.lifetime}; verified there`), said: { do: 'go' } }]
    : problems.flatMap((problem) => saidRows('circle-slash', problem));
  const separator = (label: string): PreviewItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const list = (label: string, rows: readonly PreviewItem[]): PreviewItem[] => (rows.length === 0 ? [] : [separator(label), ...rows]);
  return [
    ...first,
    ...warnings.flatMap((warning) => saidRows('warning', warning)),
    ...list('Change', [
      ...(stranger ? [{ label: '$(sign-in) Sign in another way…', description: 'certificate, OpenID', said: { do: 'signIn' } } satisfies PreviewItem] : []),
      ...(taken > 0 || choices.taken !== undefined ? [{ label: '$(question) Names that mean another file in the lake…', description: choices.taken === 'skip' ? 'are left out' : choices.taken === 'number' ? 'are numbered' : count(taken, 'name'), said: { do: 'taken', taken } } satisfies PreviewItem] : []),
      ...(same > 0 || choices.same ? [{ label: '$(copy) Files that are in the lake already', description: choices.same === 'skip' ? 'are left out; Enter: give them a rule' : `${count(same, 'file')} ${same === 1 ? 'gets' : 'get'} a rule, nothing is sent; Enter: leave out`, said: { do: 'same' } } satisfies PreviewItem] : []),
      ...(choices.links ? [{ label: '$(file-symlink-file) Links out of the folder', description: choices.links === 'follow' ? 'are followed' : 'are left out', said: { do: 'links', links: plan.linksOut } } satisfies PreviewItem] : []),
      { label: '$(tag) Metadata…', description: withoutIcons(answers.metadata || 'none'), said: { do: 'metadata' } },
    ]),
    ...list(`Left out: ${count(skipped.length, 'item')}`, skipped.slice(0, 50).map(({ path, why }): PreviewItem => ({ label: `$(circle-slash) ${withoutIcons(path)}`, description: why }))),
    ...list('Datasets', datasets.slice(0, 50).map(({ did, files: n }): PreviewItem => ({ label: `$(database) ${withoutIcons(didText(did))}`, description: count(n, 'file') }))),
    ...list(total > files.length ? `The first ${files.length} of ${count(total, 'file')}` : 'Files', files.map(({ path, did, bytes: size, problem, note }): PreviewItem => ({ label: `${problem !== undefined ? '$(circle-slash)' : note !== undefined ? '$(info)' : '$(file)'} ${withoutIcons(didText(did))}`, description: withoutIcons(problem ?? (note === undefined ? bytesText(size) : `${bytesText(size)}, ${note}`)), detail: withoutIcons(path), said: { do: 'name', path, name: did.name } }))),
  ];
}

/** Links inside of the folder are followed anyway. */
export async function askLinks({ title }: Upload, links: number): Promise<Pick<Choices, 'links'>> {
  const items = [
    { label: 'Leave them out', value: 'skip' as const },
    { label: 'Follow them', description: 'what they lead to is uploaded as if it lay in the folder', value: 'follow' as const },
  ];
  const chosen = await askPick({ title, placeholder: links > 0 ? `${count(links, 'link')} ${links === 1 ? 'leads' : 'lead'} out of the folder` : 'Links that lead out of the folder', items });
  return { links: typeof chosen === 'object' ? chosen.value : 'skip' };
}

/** Dismissed: it stays a problem. */
export async function askTaken({ title }: Upload, taken: number): Promise<Pick<Choices, 'taken'>> {
  const items = [
    { label: 'Leave them out', value: 'skip' as const },
    { label: 'Number their names', description: 'a.root becomes a_2.root', value: 'number' as const },
  ];
  const chosen = await askPick({ title, placeholder: `${taken > 0 ? `${count(taken, 'name')} ${taken === 1 ? 'means' : 'mean'}` : 'Names that mean'} another file in the lake already: what with ${taken === 1 ? 'that file' : 'those files'} of yours?`, items });
  return typeof chosen === 'object' ? { taken: chosen.value } : {};
}

export async function askMetadata({ title }: Upload, answers: Answers): Promise<string> {
  const about = answers.container !== '' ? 'the container' : answers.dataset !== '' ? 'the dataset' : 'each file';
  const typed = await askText({
    title, prompt: `Metadata of ${about}. May be empty`, placeholder: 'campaign=autumn, run=7', value: answers.metadata,
    check: (value) => {
      const said = parseMetadata(value);
      return 'problem' in said ? { problem: said.problem } : {};
    },
  });
  return typeof typed === 'string' ? typed.trim() : answers.metadata;
}

/** Empty: the name that would be made. */
export async function askName({ title }: Upload, path: string, name: string, rename: Choices['rename']): Promise<Choices['rename']> {
  const typed = await askText({ title, prompt: `Name of ${path} in the lake. Empty: as all the others`, value: name, check: () => ({}) });
  if (typeof typed !== 'string' || typed.trim() === name) return rename;
  const { [path]: _, ...others } = rename;
  return typed.trim() === '' ? others : { ...others, [path]: typed.trim() };
}
