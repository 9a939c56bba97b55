// Checks what a page sends, and what the editor kept for it: a webview is not trusted more than any other input.
import type { FromPage, PageAction, PageState } from './messages.ts';

const ACTIONS: Readonly<Record<PageAction, true>> = { retry: true, signIn: true, openSettings: true, showLog: true, openWebUI: true, copyId: true };

export function isFromPage(message: unknown): message is FromPage {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  if (message.type === 'ready') return true;
  return message.type === 'do' && 'action' in message && typeof message.action === 'string' && Object.hasOwn(ACTIONS, message.action);
}

/** undefined: nothing that a page could be opened with. */
export function pageState(kept: unknown): PageState | undefined {
  if (typeof kept !== 'object' || kept === null || !('instance' in kept) || !('ruleId' in kept)) return undefined;
  const { instance, ruleId } = kept;
  if (typeof instance !== 'string' || typeof ruleId !== 'string' || !/^[0-9a-f-]{1,64}$/i.test(ruleId)) return undefined;
  return { instance, ruleId, heading: 'heading' in kept && typeof kept.heading === 'string' ? kept.heading : '' };
}
