// Checks an RSE expression at the server while it is typed, and says which storages it means now.
import * as protocol from '../../protocol.ts';
import { isCancelled, toFailure } from '../failures.ts';
import type { UiContext } from '../context.ts';
import type { Said } from '../prompts/prompt.ts';

const SHOWN = 6;

/** "Means now: A, B and 3 more"; the failure's words when the server does not take it. `least`: so many storages are needed. */
export async function checkExpression(ui: Pick<UiContext, 'client'>, instance: string, expression: string, least: number, signal: AbortSignal): Promise<Said> {
  const typed = expression.trim();
  if (typed === '') return { problem: 'Type the name of a storage (RSE), or an RSE expression such as tier=1.' };
  try {
    const rses = await ui.client.request(protocol.expressionRses, { instance, expression: typed }, signal);
    return rses.length < least ? { problem: `${meansText(rses)}: ${least} copies need ${least} storages.` } : { note: `${meansText(rses)}.` };
  } catch (error) {
    const failure = toFailure(error);
    return isCancelled(failure) ? {} : { problem: failure.exceptionClass === 'InvalidRSEExpression' ? failure.what : [failure.what, failure.next].join(' ') };
  }
}

export function meansText(rses: readonly string[]): string {
  const more = rses.length - SHOWN;
  const names = rses.slice(0, SHOWN).join(', ');
  return rses.length === 1 ? `Means ${names}` : `Means ${rses.length} storages now: ${names}${more > 0 ? ` and ${more} more` : ''}`;
}
