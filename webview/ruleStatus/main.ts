// The rule page: shows the last snapshot that its host sent, and sends back what is pressed.
import './page.css';
import type { FromPage, PageState, ToPage } from '../../src/ui/ruleStatus/messages.ts';
import { registerComponents } from '../toolkit.ts';
import { Place } from './place.ts';
import { RulePageView } from './view.ts';

/** What the editor keeps of the page: what finds the rule again, and how far down it was, px. */
type Kept = PageState & { readonly top?: number };

interface EditorApi {
  getState(): Kept | undefined;
  postMessage(message: FromPage): void;
  setState(state: Kept): void;
}

declare function acquireVsCodeApi(): EditorApi;

const editor = acquireVsCodeApi();
registerComponents();
const root = document.getElementById('page') ?? document.body;
const view = new RulePageView(root, (action) => editor.postMessage({ type: 'do', action }), {
  look: (query, again) => editor.postMessage({ type: 'files', query, ...(again && { again }) }),
  close: () => editor.postMessage({ type: 'files', query: null }),
  copy: (text) => editor.postMessage({ type: 'copy', text }),
});

// Kept before anything is known, so that a reload in the next moment finds the rule again.
if (!editor.getState() && root.dataset['page']) editor.setState(JSON.parse(root.dataset['page']) as PageState);

const keep = (change: Partial<Kept>): void => {
  const kept = editor.getState();
  if (kept) editor.setState({ ...kept, ...change });
};
const place = new Place(editor.getState()?.top ?? 0, (top) => keep({ top }));

window.addEventListener('message', (event: MessageEvent<ToPage>) => {
  if (event.data.type !== 'snapshot') return;
  const { page } = event.data.snapshot;
  editor.setState({ ...page, top: editor.getState()?.top ?? 0 });
  view.show(event.data.snapshot);
  place.restore();
});
editor.postMessage({ type: 'ready' });
