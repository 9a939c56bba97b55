// The questions of *Create Rule…*, one box each, in their order; each reads and writes one part of the answers.
import type * as vscode from 'vscode';
import type { RuleWish } from '../../../protocol.ts';
import type { UiContext } from '../../context.ts';
import { askActivity, commentCheck, saidOf } from '../actions/ask.ts';
import { checkExpression } from '../expression.ts';
import { parseLifetime, parseWhole } from '../inputs.ts';
import type { At, BACK } from '../../prompts/inTurn.ts';
import { askPick, askText } from '../../prompts/prompt.ts';
import type { Answers, Option } from './answers.ts';
import { GROUPINGS, NOTIFICATIONS } from './words.ts';

export interface Asking {
  readonly ui: UiContext;
  readonly instance: string;
  readonly title: string;
  readonly at: At;
  readonly back: boolean;
}

/** The answers with this one in them; undefined = dismissed. */
type Question = (asking: Asking, answers: Answers) => Promise<Answers | typeof BACK | undefined>;

/** What is needed for any rule. */
export const QUESTIONS: readonly Question[] = [askWhere, askCopies, askLifetime];
/** By their row in the last step. */
export const OPTIONS: Readonly<Record<Option, Question>> = { where: askWhere, copies: askCopies, lifetime: askLifetime, grouping: askGrouping, activity: askWhatFor, comment: askComment, source: askSource, approval: askApproval, priority: askPriority, notify: askNotify };

interface TextQuestion {
  readonly prompt: string;
  readonly placeholder?: string;
  readonly value: string;
  readonly check: Parameters<typeof askText>[0]['check'];
}

async function typed({ title, at, back }: Asking, question: TextQuestion, answered: (text: string) => Answers): Promise<Answers | typeof BACK | undefined> {
  const text = await askText({ title, at, back, ...question });
  return typeof text === 'string' ? answered(text.trim()) : text;
}

async function picked<T>({ title, at, back }: Asking, placeholder: string, items: readonly (vscode.QuickPickItem & { readonly value: T })[], now: T, answered: (value: T) => Answers): Promise<Answers | typeof BACK | undefined> {
  const item = await askPick({ title, at, back, placeholder, items, active: items.find(({ value }) => value === now) });
  return typeof item === 'object' ? answered(item.value) : item;
}

function askWhere(asking: Asking, answers: Answers) {
  const { ui, instance } = asking;
  return typed(asking, {
    prompt: 'Where to? The name of a storage (RSE), or an RSE expression', placeholder: 'EULAKE-1, or tier=1|country=CH', value: answers.rse_expression,
    check: (value, signal) => checkExpression(ui, instance, value, 1, signal),
  }, (rse_expression) => ({ ...answers, rse_expression }));
}

function askCopies(asking: Asking, answers: Answers) {
  const { ui, instance } = asking;
  return typed(asking, {
    prompt: 'How many copies? Each goes to another storage', value: String(answers.copies),
    check: async (value, signal) => {
      const copies = parseWhole(value, 'copies', 1, 100);
      return 'problem' in copies ? copies : checkExpression(ui, instance, answers.rse_expression, copies.value, signal);
    },
  }, (text) => ({ ...answers, copies: Number(text) }));
}

function askLifetime(asking: Asking, answers: Answers) {
  return typed(asking, {
    prompt: 'For how long? Afterwards the copies may be removed', placeholder: '7 days, 12 hours, 2026-12-24 (UTC), or no end', value: answers.lifetime,
    check: (value) => saidOf(parseLifetime(value, Date.now()), (seconds) => (seconds === null ? 'It stays until somebody deletes the rule.' : `Until ${new Date(Date.now() + seconds * 1000).toUTCString()}.`)),
  }, (lifetime) => ({ ...answers, lifetime }));
}

function askGrouping(asking: Asking, answers: Answers) {
  return picked(asking, 'May files be apart from each other?', GROUPINGS, answers.grouping, (grouping) => ({ ...answers, grouping }));
}

async function askWhatFor({ title, at, back }: Asking, answers: Answers) {
  const activity = await askActivity(title, answers.activity, at, back);
  return typeof activity === 'string' ? { ...answers, activity } : activity;
}

function askComment(asking: Asking, answers: Answers) {
  return typed(asking, { prompt: 'A comment; those who approve rules read it, and so does everybody who looks', value: answers.comment, check: commentCheck }, (comment) => ({ ...answers, comment }));
}

function askSource(asking: Asking, answers: Answers) {
  const { ui, instance } = asking;
  return typed(asking, {
    prompt: 'Copy only from these storages; empty: from wherever it is best', placeholder: 'Name of a storage, or an RSE expression', value: answers.source,
    check: (value, signal) => (value.trim() === '' ? {} : checkExpression(ui, instance, value, 1, signal)),
  }, (source) => ({ ...answers, source }));
}

function askApproval(asking: Asking, answers: Answers) {
  return picked(asking, 'Ask somebody for approval?', [
    { label: 'No', detail: 'The rule begins at once, within your quota', value: false },
    { label: 'Yes', detail: 'The rule waits until whoever is responsible for the storage approves it; your quota does not count', value: true },
  ], answers.approval, (approval) => ({ ...answers, approval }));
}

function askPriority(asking: Asking, answers: Answers) {
  return typed(asking, { prompt: 'From 1 (goes last) to 5 (goes first); 3 is usual', value: String(answers.priority), check: (value) => saidOf(parseWhole(value, 'priority', 1, 5)) }, (text) => ({ ...answers, priority: Number(text) }));
}

function askNotify(asking: Asking, answers: Answers) {
  return picked<NonNullable<RuleWish['notify']>>(asking, 'Should Rucio send you mail?', NOTIFICATIONS, answers.notify, (notify) => ({ ...answers, notify }));
}
