// The rule page: shows the last snapshot that its host sent, and sends back what is pressed.
import './page.css';
import type { FromPage, PageState, ToPage } from '../../src/ui/ruleStatus/messages.ts';
import { registerComponents } from '../toolkit.ts';
import { RulePageView } from './view.ts';

interface EditorApi {
  getState(): PageState | undefined;
  postMessage(message: FromPage): void;
  setState(state: PageState): void;
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

window.addEventListener('message', (event: MessageEvent<ToPage>) => {
  if (event.data.type !== 'snapshot') return;
  editor.setState(event.data.snapshot.page);
  view.show(event.data.snapshot);
});
editor.postMessage({ type: 'ready' });
