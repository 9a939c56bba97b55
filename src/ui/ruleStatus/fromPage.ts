// Checks what a page sends, and what the editor kept for it: a webview is not trusted more than any other input.
import type { FilesQuery, FromPage, PageAction, PageState } from './messages.ts';

const ACTIONS: Readonly<Record<PageAction, true>> = { retry: true, signIn: true, openSettings: true, showLog: true, reload: true, openWebUI: true, copyId: true,
  watch: true, boost: true, lifetime: true, priority: true, comment: true, activity: true, approve: true, deny: true, suspend: true, resume: true, repair: true, move: true, reduce: true, delete: true, copyLink: true, copyCommand: true, copyJson: true,
};
/** Of what a page may put on the clipboard, characters: the names of a window of files. */
const LONGEST_COPY = 200_000;

export function isFromPage(message: unknown): message is FromPage {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  if (message.type === 'ready') return true;
  if (message.type === 'copy') return 'text' in message && typeof message.text === 'string' && message.text.length <= LONGEST_COPY;
  if (message.type === 'files') return 'query' in message && (message.query === null || filesQuery(message.query) !== undefined);
  return message.type === 'do' && 'action' in message && typeof message.action === 'string' && Object.hasOwn(ACTIONS, message.action);
}

/** undefined: nothing that a page could be opened with. */
export function pageState(kept: unknown): PageState | undefined {
  if (typeof kept !== 'object' || kept === null || !('instance' in kept) || !('ruleId' in kept)) return undefined;
  const { instance, ruleId } = kept;
  if (typeof instance !== 'string' || typeof ruleId !== 'string' || !/^[0-9a-f-]{1,64}$/i.test(ruleId)) return undefined;
  const files = 'files' in kept ? filesQuery(kept.files) : undefined;
  return { instance, ruleId, heading: 'heading' in kept && typeof kept.heading === 'string' ? kept.heading : '', ...(files && { files }) };
}

function filesQuery(value: unknown): FilesQuery | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { text, state, sort, descending, offset } = value as Record<string, unknown>;
  const good = typeof text === 'string' && text.length <= 500 && ['', 'OK', 'REPLICATING', 'STUCK'].includes(state as string) && ['did', 'rse', 'state'].includes(sort as string) && typeof descending === 'boolean' && Number.isSafeInteger(offset) && (offset as number) >= 0;
  return good ? { text, state, sort, descending, offset } as FilesQuery : undefined;
}
