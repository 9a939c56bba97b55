// The rule's files as a table of any length: only the rows on the screen are in the document, and they come in windows from the host.
import type { FileLine, FilesQuery, FilesView } from '../../src/ui/ruleStatus/messages.ts';
import { button } from '../toolkit.ts';
import { element, repaint, setText, show } from './dom.ts';

/** Height of a row, px; the style sheet has the same. */
const ROW = 24;
/** ms of rest after which the host hears where the person is. */
const REST = 80;
/** Rows beyond the edges of the screen. */
const MORE = 10;

export interface FilesAsk {
  look(query: FilesQuery, again?: boolean): void;
  close(): void;
  copy(text: string): void;
}

const COLUMNS = [['did', 'File'], ['rse', 'RSE'], ['state', 'State']] as const;
const STATES: Readonly<Record<FileLine['state'], string>> = { OK: 'OK', REPLICATING: 'Replicating', STUCK: 'Stuck' };
const FIRST: FilesQuery = { text: '', state: '', sort: 'state', descending: false, offset: 0 };
const number = (n: number): string => n.toLocaleString('en-US');

export class FilesTable {
  readonly root = element('section', 'files');
  readonly #ask: FilesAsk;
  readonly #closed = element('div', 'buttons');
  readonly #open = element('div');
  readonly #counts = element('div');
  readonly #filter = element('input');
  readonly #state = element('select');
  readonly #status = element('p', 'muted');
  readonly #trouble = element('div', 'box trouble');
  readonly #grid = element('div', 'grid');
  readonly #head = element('div', 'grid-row grid-head');
  readonly #scroller = element('div', 'scroller');
  readonly #spacer = element('div', 'spacer');
  #view: FilesView | undefined;
  /** All that the person has asked for so far, also what the host has not heard or answered yet. */
  #wanted: FilesQuery = FIRST;
  #active = 0;
  #rest: number | undefined;
  /** Where the editor kept it, until the first rows are there. */
  #place = true;

  constructor(ask: FilesAsk) {
    this.#ask = ask;
    this.#closed.append(button('Show Files', 'secondary', () => ask.look(FIRST)));
    this.#filter.type = 'search';
    this.#filter.placeholder = 'Part of a name or RSE';
    this.#filter.setAttribute('aria-label', 'Filter files by a part of their name or RSE');
    this.#state.setAttribute('aria-label', 'Only files in this state');
    for (const [value, label] of [['', 'All states'], ...Object.entries(STATES)] as const) {
      const option = element('option', '', label);
      option.value = value;
      this.#state.append(option);
    }
    this.#status.setAttribute('role', 'status');
    this.#trouble.setAttribute('role', 'alert');
    this.#head.setAttribute('role', 'row');
    this.#grid.setAttribute('role', 'grid');
    this.#grid.setAttribute('aria-label', 'Files of the rule');
    this.#grid.tabIndex = 0;
    this.#scroller.setAttribute('role', 'rowgroup');
    this.#scroller.append(this.#spacer);
    const headGroup = element('div', '', this.#head);
    headGroup.setAttribute('role', 'rowgroup');
    this.#grid.append(headGroup, this.#scroller);
    this.#open.append(
      this.#counts,
      element('div', 'controls', this.#filter, this.#state, button('Read Again', 'secondary', () => this.#again()), button('Copy Names', 'secondary', () => this.#copyShown()), button('Close', 'secondary', () => ask.close())),
      this.#status, this.#trouble, this.#grid,
    );
    this.root.append(element('h2', '', 'Files'), this.#closed, this.#open);
    this.#filter.addEventListener('input', () => this.#look({ text: this.#filter.value, offset: 0 }, REST));
    this.#state.addEventListener('change', () => this.#look({ state: this.#state.value as FilesQuery['state'], offset: 0 }));
    this.#scroller.addEventListener('scroll', () => {
      // Asked before it is painted: afterwards the browser would have to lay out the page for the answer.
      this.#look({ offset: this.#first() }, REST);
      this.#paint();
    });
    this.#grid.addEventListener('keydown', (event) => this.#key(event));
  }

  show(view: FilesView | undefined): void {
    const before = this.#view;
    this.#view = view;
    show(this.#closed, !view);
    show(this.#open, view !== undefined);
    if (!view) {
      this.#place = true;
      return;
    }
    const { status, read, counts, query, window: rows, failure, old } = view;
    if (!before) {
      this.#wanted = query;
      this.#filter.value = query.text;
      this.#state.value = query.state;
    }
    repaint(this.#counts, counts, () => [countTable(counts)]);
    const fits = rows && (query.text !== '' || query.state !== '') ? `${number(rows.matching)} of ${number(read)} fit.` : '';
    setText(this.#status, [status === 'reading' ? `Reading… ${number(read)} so far.` : status === 'failed' ? `${number(read)} ${read === 1 ? 'row' : 'rows'} so far: not all of them.` : `${number(read)} ${read === 1 ? 'row' : 'rows'}, one for each file at each RSE.`, fits, old ? 'The rule has moved on since: Read Again.' : ''].filter(Boolean).join(' '));
    show(this.#trouble, status === 'failed');
    repaint(this.#trouble, failure, () => [element('p', 'words', failure ?? ''), button('Retry', 'primary', () => this.#again())]);
    repaint(this.#head, [query.sort, query.descending], () => COLUMNS.map(([column, label]) => this.#columnHead(column, label, query)));
    const matching = rows?.matching ?? 0;
    this.#grid.setAttribute('aria-rowcount', String(matching + 1));
    this.#spacer.style.height = `${matching * ROW}px`;
    this.#scroller.style.height = `${Math.min(Math.max(matching, 1), 15) * ROW}px`;
    if (rows && before && changedQuery(before.query, query)) {
      this.#active = 0;
      this.#scroller.scrollTop = 0;
    } else if (rows && this.#place) {
      this.#place = false;
      this.#active = query.offset;
      this.#scroller.scrollTop = query.offset * ROW;
    }
    this.#paint();
  }

  #columnHead(column: FilesQuery['sort'], label: string, { sort, descending }: FilesQuery): HTMLElement {
    const head = element('div', 'cell');
    head.setAttribute('role', 'columnheader');
    head.setAttribute('aria-sort', sort !== column ? 'none' : descending ? 'descending' : 'ascending');
    const press = element('button', 'sort', `${label}${sort !== column ? '' : descending ? ' ▼' : ' ▲'}`);
    press.setAttribute('aria-label', `Sort by ${label}`);
    press.addEventListener('click', () => this.#look({ sort: column, descending: sort === column && !descending, offset: 0 }));
    head.append(press);
    return head;
  }

  #first(): number {
    return Math.floor(this.#scroller.scrollTop / ROW);
  }

  #visible(): number {
    return Math.ceil(this.#scroller.clientHeight / ROW);
  }

  /** The rows on the screen, as far as they are here. */
  #paint(): void {
    const rows = this.#view?.window;
    if (!rows) return repaint(this.#spacer, null, () => []);
    const from = Math.max(rows.offset, this.#first() - MORE);
    const to = Math.min(rows.offset + rows.rows.length, this.#first() + this.#visible() + MORE);
    const shown = rows.rows.slice(Math.max(0, from - rows.offset), Math.max(0, to - rows.offset));
    repaint(this.#spacer, [from, this.#active, shown], () => shown.map((line, i) => this.#line(line, from + i)));
    // Only what is in the document may be named.
    const active = this.#active >= from && this.#active < from + shown.length;
    if (active) this.#grid.setAttribute('aria-activedescendant', `file-${this.#active}`);
    else this.#grid.removeAttribute('aria-activedescendant');
  }

  #line({ did, rse, state }: FileLine, index: number): HTMLElement {
    const cell = (text: string, extra = ''): HTMLElement => {
      const made = element('div', `cell${extra}`, text);
      made.setAttribute('role', 'gridcell');
      made.title = text;
      return made;
    };
    const row = element('div', `grid-row${index === this.#active ? ' active' : ''}`, cell(did, ' name'), cell(rse), cell(STATES[state], ` lock-${state.toLowerCase()}`));
    row.id = `file-${index}`;
    row.setAttribute('role', 'row');
    row.setAttribute('aria-rowindex', String(index + 2));
    row.setAttribute('aria-selected', String(index === this.#active));
    row.style.top = `${index * ROW}px`;
    row.addEventListener('click', () => this.#goTo(index));
    return row;
  }

  #key(event: KeyboardEvent): void {
    if (event.target !== this.#grid) return;
    const last = (this.#view?.window?.matching ?? 0) - 1;
    const page = Math.max(1, this.#visible() - 1);
    const moves: Readonly<Record<string, number>> = { ArrowDown: this.#active + 1, ArrowUp: this.#active - 1, PageDown: this.#active + page, PageUp: this.#active - page, Home: 0, End: last };
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'c') {
      const line = this.#lineAt(this.#active);
      if (line) this.#ask.copy(line.did);
    } else {
      const to = moves[event.key];
      if (to === undefined || last < 0) return;
      this.#goTo(Math.max(0, Math.min(last, to)));
    }
    event.preventDefault();
  }

  #goTo(index: number): void {
    this.#active = index;
    const { scrollTop, clientHeight } = this.#scroller;
    if (index * ROW < scrollTop) this.#scroller.scrollTop = index * ROW;
    else if ((index + 1) * ROW > scrollTop + clientHeight) this.#scroller.scrollTop = (index + 1) * ROW - clientHeight;
    this.#paint();
  }

  #lineAt(index: number): FileLine | undefined {
    const rows = this.#view?.window;
    return rows?.rows[index - rows.offset];
  }

  /** Those of the window around what is on the screen. */
  #copyShown(): void {
    const rows = this.#view?.window?.rows ?? [];
    if (rows.length > 0) this.#ask.copy([...new Set(rows.map(({ did }) => did))].join('\n'));
  }

  #again(): void {
    this.#ask.look(this.#wanted, true);
  }

  /** At once, or after so many ms in which nothing else is wanted; either way all that is wanted by then. */
  #look(change: Partial<FilesQuery>, rest = 0): void {
    if (!this.#view) return;
    this.#wanted = { ...this.#wanted, ...change };
    clearTimeout(this.#rest);
    if (rest === 0) this.#ask.look(this.#wanted);
    else this.#rest = window.setTimeout(() => this.#view && this.#ask.look(this.#wanted), rest);
  }
}

function changedQuery(a: FilesQuery, b: FilesQuery): boolean {
  return a.text !== b.text || a.state !== b.state || a.sort !== b.sort || a.descending !== b.descending;
}

function countTable(counts: FilesView['counts']): HTMLElement {
  const head = (text: string): HTMLElement => {
    const made = element('th', '', text);
    made.scope = 'col';
    return made;
  };
  const made = element('table', 'counts', element('thead', '', element('tr', '', head('RSE'), head('OK'), head('Replicating'), head('Stuck'))));
  made.append(element('tbody', '', ...counts.map(({ rse, ok, replicating, stuck }) => {
    const row = element('th', '', rse);
    row.scope = 'row';
    return element('tr', '', row, ...[ok, replicating, stuck].map((n) => element('td', '', number(n))));
  })));
  return made;
}
