// Building and repainting the page. Text only ever goes in as text: names are written by others.
import { partsOf } from './parts.ts';

export function element<K extends keyof HTMLElementTagNameMap>(tag: K, className = '', ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/** What is copied or read out stays the text. */
export function breakable(text: string): Node[] {
  return partsOf(text).flatMap((part, i) => (i === 0 ? [new Text(part)] : [document.createElement('wbr'), new Text(part)]));
}

/** Only when it differs: a live region is read out again when its text is set, and a selection in it is lost. */
export function setText(target: Node, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

export function show(target: HTMLElement, shown: boolean): void {
  target.hidden = !shown;
}

/** Replaces the children when `key` differs from the last time, so that focus and selection outlive a snapshot that changed nothing here. */
export function repaint(target: HTMLElement, key: unknown, children: () => Node[]): void {
  const text = JSON.stringify(key);
  if (painted.get(target) === text) return;
  painted.set(target, text);
  target.replaceChildren(...children());
}

const painted = new WeakMap<HTMLElement, string>();
