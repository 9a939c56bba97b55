// The questions of *Upload to Data Lake…*, each a step with Back: storage, scope, dataset, lifetime, names.
import * as vscode from 'vscode';
import { ServiceFailure } from '../../client/client.ts';
import * as protocol from '../../protocol.ts';
import type { UiContext } from '../context.ts';
import { bytesText } from '../explorer/words.ts';
import { withoutIcons } from '../plain.ts';
import { saidOf } from '../rules/actions/ask.ts';
import { parseLifetime } from '../rules/inputs.ts';
import type { At, BACK } from '../prompts/inTurn.ts';
import { askPick, askText } from '../prompts/prompt.ts';
import type { Answers } from './answers.ts';

/** What is to be uploaded. */
export interface Upload {
  readonly instance: string;
  readonly paths: readonly string[];
  /** There is a folder among the paths. */
  readonly folders: boolean;
  readonly title: string;
}

export type Question = (at: At, back: boolean, answers: Answers) => Promise<Answers | typeof BACK | undefined>;

/** Collections of a scope that are offered; another's name can be typed. */
const OFFERED = 200;

/** `fixed`: what was pointed to is not asked. */
export function questionsOf(ui: UiContext, what: Upload, fixed: Partial<Answers>): readonly Question[] {
  return [
    (at, back, answers) => askRse(ui, what, at, back, answers),
    ...(fixed.scope === undefined ? [((at, back, answers) => askScope(ui, what, at, back, answers)) satisfies Question] : []),
    ...(fixed.dataset === undefined ? [((at, back, answers) => askInto(ui, what, at, back, answers)) satisfies Question] : []),
    (at, back, answers) => askLifetime(what, at, back, answers),
    ...(what.folders ? [((at, back, answers) => askNames(what, at, back, answers)) satisfies Question] : []),
    (at, back, answers) => askPrefix(what, at, back, answers),
  ];
}

interface Choice extends vscode.QuickPickItem { readonly value: string }

async function askRse(ui: UiContext, { instance, title }: Upload, at: At, back: boolean, answers: Answers): ReturnType<Question> {
  const targets = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: 'Looking up storages and quota' }, () => ui.client.request(protocol.uploadTargets, { instance }));
  if (targets.length === 0) {
    throw new ServiceFailure({ kind: 'quota', what: 'No storage takes files of yours by davs, https or root: your account has no quota at any that can be written to from here.', next: 'Ask your data managers for quota.', actions: ['retry'] });
  }
  const items = targets.map(({ rse, quotaLeft }): Choice => ({ label: withoutIcons(rse), description: quotaLeft === null ? 'no limit' : `${bytesText(quotaLeft)} left`, value: rse }));
  const chosen = await askPick({ title, at, back, placeholder: 'To which storage (RSE)?', items, active: items.find(({ value }) => value === answers.rse) });
  return typeof chosen === 'object' ? { ...answers, rse: chosen.value } : chosen;
}

async function askScope(ui: UiContext, { instance, title }: Upload, at: At, back: boolean, answers: Answers): ReturnType<Question> {
  const scopes = await ui.client.request(protocol.listScopes, { instance, mine: true });
  const items = scopes.map((scope): Choice => ({ label: withoutIcons(scope), value: scope }));
  const chosen = await askPick({ title, at, back, placeholder: 'Under which scope? These are yours; another can be typed', items, active: items.find(({ value }) => value === answers.scope), typed: (text) => ({ label: withoutIcons(text), description: 'not one of yours', value: text }) });
  return typeof chosen === 'object' ? { ...answers, scope: chosen.value, ...(chosen.value !== answers.scope && { dataset: '', container: '' }) } : chosen;
}

interface Into extends vscode.QuickPickItem { readonly dataset: string; readonly container: string }

/** Open ones only are offered. */
async function askInto(ui: UiContext, { instance, title, folders }: Upload, at: At, back: boolean, answers: Answers): ReturnType<Question> {
  const { scope } = answers;
  const found: { name: string; type: protocol.DIDType }[] = [];
  await ui.client.stream(protocol.listDids, protocol.didRows, (rows) => ({ instance, scope, name: '*', type: folders ? 'collection' as const : 'dataset' as const, limit: OFFERED, rows }), (rows) => found.push(...rows.map(({ name, type }) => ({ name, type }))), { onRestart: () => void (found.length = 0) });
  const open = new Set((await ui.client.request(protocol.openCollections, { instance, dids: found.map(({ name }) => ({ scope, name })) })).map(({ name }) => name));
  const offered = found.filter(({ name }) => open.has(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const dataset = (name: string, description: string): Into => ({ label: withoutIcons(name), description, dataset: name, container: '' });
  const container = (name: string, description: string): Into => ({ label: withoutIcons(name), description, dataset: '', container: name });
  const items: Into[] = [
    { label: 'No dataset', description: 'each file has a rule of its own', dataset: '', container: '' },
    ...offered.map(({ name, type }) => (type === 'CONTAINER' ? container(name, 'a container: each folder becomes a dataset in it') : dataset(name, 'is there'))),
  ];
  const chosen = await askPick({
    title, at, back, placeholder: `Into a dataset? Type a name for a new one${found.length >= OFFERED ? `, or of one that is not among the first ${OFFERED}` : ''}`,
    items, active: items.find((item) => item.dataset === answers.dataset && item.container === answers.container),
    typed: (text) => [dataset(text, 'new, if it is not there'), ...(folders ? [container(text, 'a new container: each folder becomes a dataset in it')] : [])],
  });
  return typeof chosen === 'object' ? { ...answers, dataset: chosen.dataset, container: chosen.container } : chosen;
}

async function askLifetime({ title }: Upload, at: At, back: boolean, answers: Answers): ReturnType<Question> {
  const text = await askText({
    title, at, back, prompt: 'For how long? Empty: no end', placeholder: 'For example 7 days, or 2026-12-24 (UTC)', value: answers.lifetime,
    check: (value) => (value.trim() === '' ? { note: 'It stays until somebody deletes the rule.' } : saidOf(parseLifetime(value, Date.now()), (seconds) => (seconds === null ? 'It stays until somebody deletes the rule.' : `Until ${new Date(Date.now() + seconds * 1000).toUTCString()}.`))),
  });
  return typeof text === 'string' ? { ...answers, lifetime: text.trim() } : text;
}

async function askNames({ title }: Upload, at: At, back: boolean, answers: Answers): ReturnType<Question> {
  const items = [
    { label: 'Names of the files', description: 'a.root', value: 'flat' as const },
    { label: 'Names of the folders, too', description: 'run1_part2_a.root', value: 'folders' as const },
  ];
  const chosen = await askPick({ title, at, back, placeholder: 'How are files in folders called?', items, active: items.find(({ value }) => value === answers.names) });
  return typeof chosen === 'object' ? { ...answers, names: chosen.value } : chosen;
}

async function askPrefix({ title }: Upload, at: At, back: boolean, answers: Answers): ReturnType<Question> {
  const prefix = await askText({ title, at, back, prompt: 'What stands before each name? May be empty', placeholder: 'run1_', value: answers.prefix, check: () => ({}) });
  return typeof prefix === 'string' ? { ...answers, prefix: prefix.trim() } : prefix;
}
