// The page's parts, built once and repainted from snapshots: a snapshot that changes nothing moves neither focus nor scroll.
import type { ActionView, Field, FieldGroup, HistoryView, PageAction, RuleView, Snapshot, StuckView, Tone, Trouble } from '../../src/ui/ruleStatus/messages.ts';
import { button } from '../toolkit.ts';
import { chart } from './chart.ts';
import { breakable, element, repaint, setText, show } from './dom.ts';
import { FilesTable, type FilesAsk } from './filesTable.ts';
import { icon } from './icons.ts';
import { clockTime, localTime, relativeTime, universalTime } from './times.ts';

/** Relative times on a page that nothing else repaints. */
const TICK_MS = 60_000;

export class RulePageView {
  readonly #root: HTMLElement;
  readonly #act: (action: PageAction) => void;
  readonly #heading = element('h1');
  readonly #subheading = element('p', 'muted');
  readonly #trouble = element('section', 'box trouble');
  readonly #state = element('div', 'state');
  readonly #stateIcon = element('span', 'state-icon');
  /** The live region: only what a person waits for is in it. */
  readonly #stateWords = element('p', 'state-words');
  readonly #meaning = element('p');
  readonly #bars = element('div', 'bars');
  readonly #files = bar('Files');
  readonly #size = bar('Size');
  readonly #error = element('section', 'box error');
  readonly #history = element('div', 'history');
  readonly #stuck = element('section', 'stuck');
  readonly #next = element('section', 'next');
  readonly #table: FilesTable;
  readonly #notes = element('section', 'box notes');
  readonly #buttons = element('div', 'buttons');
  readonly #asOf = element('p', 'muted as-of');
  readonly #fields = element('section', 'fields');
  #last: Snapshot | undefined;

  constructor(root: HTMLElement, act: (action: PageAction) => void, files: FilesAsk) {
    this.#root = root;
    this.#act = act;
    this.#table = new FilesTable(files);
    this.#stateWords.setAttribute('role', 'status');
    this.#stateWords.setAttribute('aria-live', 'polite');
    this.#trouble.setAttribute('role', 'alert');
    this.#bars.append(...this.#files.parts, ...this.#size.parts);
    this.#buttons.setAttribute('role', 'group');
    this.#buttons.setAttribute('aria-label', 'Actions');
    this.#state.append(this.#stateIcon, element('div', 'state-text', this.#stateWords, this.#meaning));
    root.append(element('header', '', this.#heading, this.#subheading), this.#trouble, this.#state, this.#bars, this.#history, this.#error, this.#stuck, this.#next, this.#notes, this.#buttons, this.#asOf, this.#table.root, this.#fields);
    for (const part of [this.#trouble, this.#state, this.#bars, this.#history, this.#error, this.#stuck, this.#next, this.#notes, this.#buttons, this.#table.root, this.#fields]) show(part, false);
    setInterval(() => this.#last && this.show(this.#last), TICK_MS);
  }

  show(snapshot: Snapshot): void {
    this.#last = snapshot;
    const { page, instanceName, rule, trouble, busy, files, stuck, history } = snapshot;
    this.#root.setAttribute('aria-busy', String(busy));
    setText(this.#heading, page.heading || 'Replication rule');
    setText(this.#subheading, `Replication rule in ${instanceName}`);
    this.#showTrouble(trouble, busy);
    this.#root.classList.toggle('stale', trouble !== undefined);
    show(this.#state, rule !== undefined || busy);
    if (rule) this.#showRule(rule);
    else setText(this.#stateWords, busy ? 'Looking up the rule…' : '');
    this.#showStuck(stuck);
    this.#showHistory(history);
    show(this.#table.root, rule?.progress !== undefined || files !== undefined);
    this.#table.show(files);
    this.#showAge(snapshot);
  }

  #showStuck(stuck: readonly StuckView[] | undefined): void {
    show(this.#stuck, stuck !== undefined);
    repaint(this.#stuck, stuck ?? null, () => (stuck ? [
      element('h2', '', stuck.length === 1 ? 'The file that is stuck' : `Files that are stuck${stuck.length >= 50 ? ' (the first 50)' : ''}`),
      element('ul', 'stuck-files', ...stuck.map(({ did, rse, words }) => element('li', '', element('p', 'words', element('strong', '', ...breakable(did)), ` to ${rse}`), ...words.map((text) => element('p', 'words muted', ...breakable(text)))))),
    ] : []));
  }

  #showHistory(history: HistoryView | undefined): void {
    show(this.#history, history !== undefined);
    repaint(this.#history, history ?? null, () => (history ? [chart(history), element('p', 'muted', history.words)] : []));
  }

  #showTrouble(trouble: Trouble | undefined, busy: boolean): void {
    show(this.#trouble, trouble !== undefined);
    if (!trouble) return repaint(this.#trouble, null, () => []);
    repaint(this.#trouble, { trouble, busy }, () => [
      element('h2', '', trouble.title), element('p', 'words', ...breakable(trouble.text)),
      busy ? element('p', 'muted', 'Looking again…') : element('div', 'buttons', ...trouble.actions.map(({ action, label }, i) => button(label, i === 0 ? 'primary' : 'secondary', () => this.#act(action)))),
    ]);
  }

  #showRule(rule: RuleView): void {
    const { tone, state, meaning, progress, size, error, next, notes, groups, canOpenWebUI, actions, moreActions } = rule;
    this.#state.dataset['tone'] = tone;
    repaint(this.#stateIcon, tone, () => [icon(tone)]);
    setText(this.#stateWords, progress && tone !== 'ok' ? `${state}: ${progress.text}` : progress ? `${state}, ${progress.text}` : state);
    setText(this.#meaning, meaning);
    show(this.#bars, progress !== undefined);
    this.#files.show(progress && { ...progress, text: `${Math.floor((progress.done / progress.total) * 100)} %`, spoken: progress.text }, tone);
    this.#size.show(size && { ...size, spoken: size.text }, tone);
    show(this.#error, error !== undefined);
    repaint(this.#error, error, () => (error === undefined ? [] : [element('h2', '', 'What Rucio says'), element('p', 'words quoted', ...breakable(error))]));
    show(this.#next, next.length > 0);
    repaint(this.#next, next, () => [element('h2', '', 'What you can do'), element('ul', '', ...next.map((step) => element('li', '', step)))]);
    show(this.#notes, notes.length > 0);
    repaint(this.#notes, notes, () => [element('h2', '', 'To be noted'), element('ul', '', ...notes.map((note) => element('li', 'words', ...breakable(note))))]);
    show(this.#buttons, true);
    const press = ({ action, label }: ActionView, look: 'primary' | 'secondary'): HTMLElement => button(label, look, () => this.#act(action));
    repaint(this.#buttons, [canOpenWebUI, actions, moreActions], () => [
      ...actions.map((action, i) => press(action, i === 0 ? 'primary' : 'secondary')),
      ...(canOpenWebUI ? [press({ action: 'openWebUI', label: 'Open in Rucio WebUI' }, 'secondary')] : []),
      press({ action: 'copyId', label: 'Copy Rule ID' }, 'secondary'),
      element('details', '', element('summary', '', 'More actions'), element('div', 'buttons', ...moreActions.map((action) => press(action, 'secondary')))),
    ]);
    show(this.#fields, true);
    repaint(this.#fields, groups, () => [element('h2', '', 'All fields'), table(groups)]);
    for (const age of this.#fields.querySelectorAll<HTMLElement>('[data-at]')) setText(age, `(${relativeTime(Number(age.dataset['at']), Date.now())})`);
  }

  #showAge({ live, asOf, trouble }: Snapshot): void {
    const seen = asOf === undefined ? '' : live ? `Followed live; last heard at ${clockTime(asOf)}.` : `As of ${clockTime(asOf)}${trouble ? ', the last that is known' : ''}.`;
    setText(this.#asOf, seen);
    show(this.#asOf, seen !== '');
  }
}

interface BarView { readonly done: number; readonly total: number; readonly text: string; readonly spoken: string }

/** A line of its name, the bar, and how far it is in words. */
function bar(name: string): { readonly parts: readonly HTMLElement[]; show(view: BarView | undefined, tone: Tone): void } {
  const label = element('span', 'bar-name', name);
  const progress = element('progress');
  const words = element('span', 'bar-words');
  label.setAttribute('aria-hidden', 'true');
  words.setAttribute('aria-hidden', 'true'); // the bar itself says both
  progress.setAttribute('aria-label', `${name} done`);
  const parts = [label, progress, words];
  return {
    parts,
    show: (view, tone) => {
      for (const part of parts) show(part, view !== undefined);
      if (!view) return;
      progress.max = view.total;
      progress.value = view.done;
      progress.setAttribute('aria-valuetext', view.spoken);
      progress.dataset['tone'] = tone;
      setText(words, view.text);
    },
  };
}

function table(groups: readonly FieldGroup[]): HTMLElement {
  const made = element('table');
  for (const { title, fields } of groups) {
    const head = element('th', 'group', title);
    head.colSpan = 2;
    head.scope = 'rowgroup';
    made.append(element('tbody', '', element('tr', '', head), ...fields.map(row)));
  }
  return made;
}

function row({ field, label, value, note }: Field): HTMLElement {
  const head = element('th', '', label);
  head.scope = 'row';
  head.title = head.dataset['field'] = field;
  const cell = element('td');
  if (value.kind === 'time') {
    const time = element('time', '', localTime(value.at));
    time.dateTime = new Date(value.at).toISOString();
    time.title = universalTime(value.at);
    const age = element('span', 'muted');
    age.dataset['at'] = String(value.at);
    cell.append(time, ' ', age);
  } else {
    cell.append(element('span', 'words', ...breakable(value.text)));
    if (note) cell.append(' ', element('span', 'muted', `(${note})`));
  }
  return element('tr', '', head, cell);
}
