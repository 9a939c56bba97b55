// What an action on a rule has to know from a person first; what can't be taken back says what it does and asks.
import * as vscode from 'vscode';
import * as protocol from '../../../protocol.ts';
import type { Rule, RuleAction } from '../../../protocol.ts';
import type { UiContext } from '../../context.ts';
import { toFailure } from '../../failures.ts';
import { didText } from '../../explorer/words.ts';
import { withoutIcons } from '../../plain.ts';
import { checkExpression } from '../expression.ts';
import { ACTIVITIES, commentProblem, lifetimeText, parseLifetime, parseWhole } from '../inputs.ts';
import { askPick, askText, type Said, type TextStep } from '../../prompts/prompt.ts';
import { deletionText } from './deletion.ts';

/** undefined = dismissed. */
export async function askAction(ui: UiContext, instance: string, rule: Rule, what: RuleAction['do']): Promise<RuleAction | undefined> {
  const title = (words: string): string => withoutIcons(`${words}: ${didText(rule)}`);
  switch (what) {
    case 'lifetime': {
      const ends = rule.expires_at === null ? null : Date.parse(rule.expires_at);
      const left = ends === null || Number.isNaN(ends) ? null : Math.max(3600, Math.round((ends - Date.now()) / 1000));
      const typed = await text({
        title: title('Change Lifetime'), prompt: `How long from now? It ${ends === null ? 'has no end' : `ends on ${rule.expires_at}`}`, placeholder: '7 days, 12 hours, 2026-12-24 (UTC), or no end', value: lifetimeText(left),
        check: (value) => saidOf(parseLifetime(value, Date.now()), (seconds) => (seconds === null ? 'It will have no end.' : `It will end on ${new Date(Date.now() + seconds * 1000).toUTCString()}.`)),
      });
      const seconds = typed === undefined ? undefined : parseLifetime(typed, Date.now());
      return seconds && 'value' in seconds ? { do: 'lifetime', seconds: seconds.value } : undefined;
    }
    case 'priority': {
      const typed = await text({ title: title('Change Priority'), prompt: 'From 1 (goes last) to 5 (goes first); 3 is usual', value: String(rule.priority), check: (value) => saidOf(parseWhole(value, 'priority', 1, 5)) });
      return typed === undefined ? undefined : { do: 'priority', priority: Number(typed) };
    }
    case 'comment': {
      const typed = await text({ title: title('Change Comment'), prompt: 'What the rule is for; empty takes the comment away', value: rule.comments ?? '', check: commentCheck });
      return typed === undefined ? undefined : { do: 'comment', comment: typed.trim() };
    }
    case 'activity': {
      const chosen = await askActivity(title('Change Activity'), rule.activity);
      return typeof chosen === 'string' ? { do: 'activity', activity: chosen } : undefined;
    }
    case 'deny': {
      const typed = await text({
        title: title('Deny Rule'), prompt: `Why? ${rule.account} gets this to read. The rule is gone at once`, placeholder: 'Reason',
        check: (value) => (value.trim() === '' ? { problem: 'Type a reason: whoever asked for the data reads it.' } : commentCheck(value)),
      });
      return typed === undefined ? undefined : { do: 'deny', reason: typed.trim() };
    }
    case 'move': {
      const typed = await text({
        title: title('Move Rule'), prompt: `Where to? A new rule brings the data there; the one to ${rule.rse_expression} ends when that is OK`, placeholder: 'Name of a storage, or an RSE expression',
        check: (value, signal) => (value.trim() === rule.rse_expression ? { problem: 'That is where the rule has its data now.' } : checkExpression(ui, instance, value, rule.copies, signal)),
      });
      return typed === undefined ? undefined : { do: 'move', rseExpression: typed.trim() };
    }
    case 'reduce': {
      if (rule.copies < 2) {
        void vscode.window.showInformationMessage('The rule keeps one copy: there is nothing to reduce. Delete Rule ends it.');
        return undefined;
      }
      const typed = await text({ title: title('Reduce Copies'), prompt: `How many copies are enough? The rule keeps ${rule.copies}; the others may then be removed`, value: String(rule.copies - 1), check: (value) => saidOf(parseWhole(value, 'copies', 1, rule.copies - 1)) });
      return typed === undefined ? undefined : { do: 'reduce', copies: Number(typed) };
    }
    case 'delete': return await confirm(`Delete the rule of ${didText(rule)}?`, deletionText(rule, ...await around(ui, instance, rule)), 'Delete Rule') ? { do: 'delete' } : undefined;
    case 'approve': return await confirm(`Approve the rule of ${didText(rule)}?`, `${rule.account} asks for ${rule.copies === 1 ? 'a copy' : `${rule.copies} copies`} at ${rule.rse_expression}${rule.comments ? `: “${rule.comments}”` : ''}. The data is then copied, whatever the quota.`, 'Approve') ? { do: 'approve' } : undefined;
    default: return { do: what };
  }
}

/** Of this rule, or one that a person types. */
export async function askActivity(title: string, current: string, at?: TextStep['at'], back?: boolean) {
  interface Item extends vscode.QuickPickItem { readonly activity: string }
  const known: string[] = [...ACTIVITIES];
  if (!known.includes(current)) known.unshift(current);
  const items: Item[] = known.map((activity) => ({ label: withoutIcons(activity), activity, ...(activity === current && { description: 'as it is' }) }));
  const chosen = await askPick({
    title, placeholder: 'What is it for? Sites may treat activities differently', items, active: items.find(({ activity }) => activity === current),
    typed: (value): Item => ({ label: withoutIcons(value), activity: value, description: 'if this data lake knows it' }), ...(at && { at }), ...(back !== undefined && { back }),
  });
  return typeof chosen === 'object' ? chosen.activity : chosen;
}

export function commentCheck(value: string): Said {
  const problem = commentProblem(value);
  return problem === undefined ? {} : { problem };
}

export function saidOf<T>(understood: { readonly value: T } | { readonly problem: string }, note?: (value: T) => string): Said {
  return 'problem' in understood ? { problem: understood.problem } : note ? { note: note(understood.value) } : {};
}

async function text(step: TextStep): Promise<string | undefined> {
  const typed = await askText(step);
  return typeof typed === 'string' ? typed : undefined;
}

async function confirm(message: string, detail: string, yes: string): Promise<boolean> {
  return await vscode.window.showWarningMessage(message, { modal: true, detail }, yes) === yes;
}

/** Bytes of the data and its other rules, as far as the server says: without them the question is asked all the same. */
async function around(ui: UiContext, instance: string, { id, scope, name }: Rule): Promise<[number | null, readonly Rule[] | undefined]> {
  try {
    const [details, rules] = await Promise.all([ui.client.request(protocol.getDid, { instance, did: { scope, name } }), ui.client.request(protocol.listDidRules, { instance, did: { scope, name } })]);
    return [details.bytes, rules.filter((rule) => rule.id !== id)];
  } catch (error) {
    ui.log.warn(`What else holds ${scope}:${name} is not known: ${toFailure(error).what}`);
    return [null, undefined];
  }
}
