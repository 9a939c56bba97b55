// What the browser itself says of a page: the longest task of the thread that paints it, from Chromium's trace, and the memory
// of what lives on that thread, after a collection of garbage. A webview shares thread and heap with the workbench around it.
import type { Frame, Page } from 'playwright-core';

const BEGIN = 'bench: begin';
const END = 'bench: end';
/** A task of the thread, by the names that Chromium's versions give it. */
const TASKS = new Set(['RunTask', 'ThreadControllerImpl::RunTask']);

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** µs */
  readonly ts: number;
  /** µs */
  readonly dur?: number;
  /** µs of the processor. */
  readonly tdur?: number;
}

export interface LongestTask {
  /** ms from its begin to its end: no frame can come in the meantime. */
  readonly ms: number;
  /** ms of the processor that the thread had for it; the rest it waited, for what else the machine did. */
  readonly own: number;
}

/** Of the frame's thread, while `work` runs. */
export async function longestTask(page: Page, frame: Frame, work: () => Promise<unknown>): Promise<LongestTask> {
  const browser = page.context().browser();
  if (!browser) throw new Error('The page has no browser that could be traced.');
  await browser.startTracing(page, { categories: ['blink.user_timing', 'devtools.timeline', 'disabled-by-default-devtools.timeline', 'toplevel'] });
  let buffer: Buffer;
  try {
    await frame.evaluate(`void performance.mark('${BEGIN}')`);
    await work();
    await frame.evaluate(`void performance.mark('${END}')`);
  } finally {
    buffer = await browser.stopTracing();
  }
  return longestIn((JSON.parse(buffer.toString()) as { traceEvents: readonly TraceEvent[] }).traceEvents);
}

/** Between the two marks, on the thread that made them. */
function longestIn(events: readonly TraceEvent[]): LongestTask {
  const [begin, end] = [BEGIN, END].map((mark) => events.find(({ name }) => name === mark));
  if (!begin || !end) throw new Error('The marks are not in the trace.');
  const tasks = events.filter(({ name, pid, tid, ts, dur = 0 }) => TASKS.has(name) && pid === begin.pid && tid === begin.tid && ts + dur >= begin.ts && ts <= end.ts);
  if (tasks.length === 0) throw new Error('The trace has no tasks of the page\'s thread.');
  return tasks.reduce((longest, { dur = 0, tdur = 0 }) => ({ ms: Math.max(longest.ms, dur / 1000), own: Math.max(longest.own, tdur / 1000) }), { ms: 0, own: 0 });
}

/** Keeps the page from painting for so many ms. */
export async function plantLongFrame(frame: Frame, ms: number): Promise<void> {
  await frame.evaluate(`new Promise((resolve) => requestAnimationFrame(() => {
    const until = performance.now() + ${ms};
    while (performance.now() < until);
    resolve();
  }))`);
}

/** MB of JavaScript's heap, of the browser's objects behind it (the document) and of buffers, after a collection; nodes of all documents. */
export async function memoryOf(page: Page): Promise<{ readonly mb: number; readonly nodes: number }> {
  const session = await page.context().newCDPSession(page);
  try {
    // What the first one frees may hold what the second one then frees.
    for (let n = 0; n < 3; n++) await session.send('HeapProfiler.collectGarbage');
    const { usedSize, embedderHeapUsedSize, backingStorageSize } = await session.send('Runtime.getHeapUsage');
    const { nodes } = await session.send('Memory.getDOMCounters');
    return { mb: (usedSize + embedderHeapUsedSize + backingStorageSize) / 1e6, nodes };
  } finally {
    await session.detach();
  }
}
