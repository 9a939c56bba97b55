// What can be done with a rule that is there, and what came of it: the server's calls say nothing, so the rule is looked
// at before and after. Facts from rucio 41: core/rule.py.
import { RucioError } from '../../rucio/errors.ts';
import type { RucioClient } from '../../rucio/client.ts';
import type { Rule } from '../../rucio/types.ts';
import { keyOf } from '../availability/memory.ts';
import { day, days, endOf, lifetimeNotes, SLACK } from './granted.ts';

export type RuleAction =
  /** Stuck files are tried first when the server looks at stuck rules again. */
  | { readonly do: 'boost' }
  /** From now on; null = no end. */
  | { readonly do: 'lifetime'; readonly seconds: number | null }
  /** 1 (last) to 5 (first), as FTS takes it. */
  | { readonly do: 'priority'; readonly priority: number }
  | { readonly do: 'comment'; readonly comment: string }
  | { readonly do: 'activity'; readonly activity: string }
  | { readonly do: 'approve' }
  | { readonly do: 'deny'; readonly reason: string }
  | { readonly do: 'suspend' }
  | { readonly do: 'resume' }
  /** What failed is tried again. */
  | { readonly do: 'repair' }
  | { readonly do: 'move'; readonly rseExpression: string }
  | { readonly do: 'reduce'; readonly copies: number }
  | { readonly do: 'delete' };

export interface Acted {
  /** As it was. */
  readonly before: Rule;
  /** As it is now; null = it is gone. */
  readonly after: Rule | null;
  /** The rule that takes its place (move, reduce). */
  readonly made?: Rule;
  /** What the server granted, a sentence each; the first says what was done. */
  readonly told: readonly string[];
}

export type ActingClient = Pick<RucioClient, 'getRule' | 'updateRule' | 'deleteRule' | 'approveRule' | 'denyRule' | 'moveRule' | 'reduceRule'>;

/** Fails with notFound, accessDenied, refused; with exceptionClass RuleStateDoesNotFit (ours) where the rule is not in a state for it. */
export async function actOnRule(client: ActingClient, id: string, action: RuleAction, now: () => number = Date.now, signal?: AbortSignal): Promise<Acted> {
  const before = await client.getRule(id, signal);
  fits(before, action);
  let made: string | undefined;
  try {
    made = await send(client, before, action, signal);
  } catch (error) {
    throw aboutRule(error, before);
  }
  const asked = now();
  const after = await getOrNull(client, id, signal);
  const child = made === undefined ? undefined : await client.getRule(made, signal);
  return { before, after, ...(child && { made: child }), told: told(action, before, after, child, asked) };
}

/** Where the server would take it and do nothing, or another thing than the word says. */
function fits(rule: Rule, action: RuleAction): void {
  const not = (why: string): never => {
    throw new RucioError('refused', `The rule of ${keyOf(rule)} ${why}`, { exceptionClass: 'RuleStateDoesNotFit', subject: keyOf(rule) });
  };
  const waits = rule.state === 'WAITING_APPROVAL';
  switch (action.do) {
    case 'approve': case 'deny':
      if (!waits) not('does not wait for approval (any more).');
      break;
    case 'repair': case 'resume': case 'suspend': case 'boost':
      // Set to "stuck", a rule without an approval would go on as if it had one.
      if (waits || rule.state === 'INJECT') not(waits ? 'waits for approval: it has to be approved first.' : 'has not been started on yet.');
      if (action.do === 'resume' && rule.state !== 'SUSPENDED') not('is not suspended, so there is nothing to resume.');
      if (action.do === 'suspend' && rule.state === 'SUSPENDED') not('is suspended already.');
      if ((action.do === 'repair' || action.do === 'boost') && rule.state === 'OK') not('is OK: there is nothing to repair.');
      if (action.do === 'boost' && rule.state === 'SUSPENDED') not('is suspended: it has to be resumed first.');
      break;
    case 'move': case 'reduce':
      if (rule.child_rule_id !== null) not(`is being moved already, by the rule ${rule.child_rule_id}.`);
      break;
    default:
  }
}

/** The id of the rule that was made, if one was. */
async function send(client: ActingClient, rule: Rule, action: RuleAction, signal: AbortSignal | undefined): Promise<string | undefined> {
  const { id } = rule;
  switch (action.do) {
    case 'boost': await client.updateRule(id, { boost_rule: true }, signal); break;
    case 'lifetime': await client.updateRule(id, { lifetime: action.seconds }, signal); break;
    case 'priority': await client.updateRule(id, { priority: action.priority }, signal); break;
    case 'comment': await client.updateRule(id, { comment: action.comment }, signal); break;
    case 'activity': await client.updateRule(id, { activity: action.activity }, signal); break;
    case 'suspend': await client.updateRule(id, { state: 'SUSPENDED' }, signal); break;
    // Only what is boosted is taken up at once: else the judge waits until the rule has been stuck for long (rucio 41: daemons/judge/repairer.py).
    case 'resume': case 'repair': await client.updateRule(id, { state: 'STUCK', boost_rule: true }, signal); break;
    case 'approve': await client.approveRule(id, signal); break;
    case 'deny': await client.denyRule(id, action.reason, signal); break;
    case 'delete': await client.deleteRule(id, signal); break;
    case 'move': return client.moveRule(id, action.rseExpression, signal);
    case 'reduce': return client.reduceRule(id, action.copies, signal);
  }
  return undefined;
}

function told(action: RuleAction, before: Rule, after: Rule | null, made: Rule | undefined, now: number): string[] {
  const of = `The rule of ${keyOf(before)}`;
  if (action.do === 'deny') return after === null ? [`${of} is denied: it is gone, and ${before.account} is told.`] : [`${of} is still there, in state ${after.state}.`];
  if (action.do === 'move' && made) return [`${keyOf(before)} goes to ${made.rse_expression} by a new rule. When that is OK, the one to ${before.rse_expression} ends.`, ...lost(before, made)];
  if (action.do === 'reduce' && made) return [`${keyOf(before)} is kept in ${made.copies} ${made.copies === 1 ? 'copy' : 'copies'} by a new rule, in place of the one for ${before.copies}.`, ...lost(before, made)];
  if (after === null) return [`${of} is gone.`];
  const ends = endOf(after);
  switch (action.do) {
    case 'delete': return ends === null ? [`${of} is still there and has no end: the server did not delete it.`] : [`${of} ends on ${day(ends)}${ends - now < 3_600_000 + SLACK * 1000 ? '' : `, in ${days((ends - now) / 1000)}`}. Until then it can be kept with Change Lifetime.`];
    case 'lifetime': {
      const notes = lifetimeNotes(after, action.seconds, now);
      return notes.length > 0 ? notes : [ends === null ? `${of} has no end now.` : `${of} ends on ${day(ends)}.`];
    }
    case 'priority': return [after.priority === action.priority ? `${of} has priority ${after.priority} now.` : `Asked for priority ${action.priority}; the rule has ${after.priority}.`];
    case 'comment': return [(after.comments ?? '') === action.comment ? `${of} has its new comment.` : `Asked for another comment; the rule has “${after.comments ?? ''}”.`];
    case 'activity': return [after.activity === action.activity ? `${of} is for the activity ${after.activity} now.` : `Asked for the activity ${action.activity}; the rule has ${after.activity}.`];
    case 'approve': return [after.state === 'WAITING_APPROVAL' ? `${of} waits still: the server did not take the approval.` : `${of} is approved; the server takes it up in the background.`];
    case 'suspend': return [after.state === 'SUSPENDED' ? `${of} is suspended: nothing is copied until somebody resumes it. What is under way still arrives.` : `Asked to suspend it; the rule is ${after.state}.`];
    case 'resume': return [after.state === 'SUSPENDED' ? `${of} is suspended still: the server did not resume it.` : `${of} is resumed: the server looks at it within minutes.`];
    case 'repair': return [`What failed is tried again: the server looks at ${keyOf(before)} within minutes.`];
    case 'boost': return [`${of} is among the first that the server looks at next.`];
    default: return [];
  }
}

/** A rule in place of another does not take everything over. */
function lost(before: Rule, made: Rule): string[] {
  const notes: string[] = [];
  if (made.priority !== before.priority) notes.push(`Its priority is ${made.priority}, not ${before.priority} as before.`);
  if ((made.comments ?? '') !== (before.comments ?? '')) notes.push('It has not the comment of the one before.');
  if (made.activity !== before.activity) notes.push(`Its activity is ${made.activity}, not ${before.activity} as before.`);
  if (made.state === 'WAITING_APPROVAL') notes.push('It waits until somebody approves it.');
  return notes;
}

async function getOrNull(client: Pick<RucioClient, 'getRule'>, id: string, signal: AbortSignal | undefined): Promise<Rule | null> {
  try {
    return await client.getRule(id, signal);
  } catch (error) {
    if (RucioError.is(error, 'notFound')) return null;
    throw error;
  }
}

/** The server's calls know the rule by its id only; a person knows it by its data. */
function aboutRule(error: unknown, rule: Rule): unknown {
  return error instanceof RucioError ? error.with({ subject: `the rule of ${keyOf(rule)} to ${rule.rse_expression}` }) : error;
}
