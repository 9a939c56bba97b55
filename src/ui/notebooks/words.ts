// Words of *Attached*: what stands beside a variable, above the rows, and in a cell that ran too early. Knows nothing of VS Code.
import type { AvailabilityInfo, DIDType, Failure } from '../../protocol.ts';
import { failureWords } from '../failures.ts';
import { bytesText, count, stateWords } from '../explorer/words.ts';
import type { Injected } from './injector.ts';
import type { NotebookAttachment } from './metadata.ts';

/** What is known of an attached DID, beside its state. */
export interface Facts {
  readonly type: DIDType;
  readonly bytes: number | null;
  readonly length: number | null;
}

export interface Shown {
  readonly attachment: NotebookAttachment;
  readonly facts: Facts | Failure | undefined;
  readonly state: AvailabilityInfo | undefined;
  /** Whether the kernel lacks the present value; undefined = there is no kernel. */
  readonly lacking: boolean | undefined;
}

const isFailure = (facts: Shown['facts']): facts is Failure => facts !== undefined && 'kind' in facts;

const sizeOf = (facts: Shown['facts']): string => (facts === undefined || isFailure(facts) ? '' : [facts.bytes === null ? '' : bytesText(facts.bytes), facts.type !== 'FILE' && facts.length !== null ? count(facts.length, 'file') : ''].filter(Boolean).join(' · '));

function stateOf({ attachment, facts, state }: Shown): string {
  if (attachment.remote) return 'by its address';
  if (isFailure(facts)) return failureWords(facts).short;
  return state ? lowerFirst(stateWords(state).title) : '';
}

/** "● not in the kernel · test:ds · available · 4.1 MB": what needs attention comes first, where a narrow view does not cut it. */
export function description(shown: Shown): string {
  return [shown.lacking ? '● not in the kernel' : '', shown.attachment.did, stateOf(shown), sizeOf(shown.facts)].filter(Boolean).join(' · ');
}

export function spoken(shown: Shown): string {
  const { attachment, lacking } = shown;
  return [`variable ${attachment.variableName}`, attachment.did, stateOf(shown) || 'state not known yet', sizeOf(shown.facts), lacking ? 'the kernel does not have its present value' : lacking === false ? 'set in the kernel' : ''].filter(Boolean).join(', ');
}

/** Above the rows: only what a person can do something about. */
export function kernelMessage(now: Injected, { jupyter, trusted, language }: { readonly jupyter: boolean; readonly trusted: boolean; readonly language: string }): string | undefined {
  if (!jupyter) return 'The Jupyter extension is not here, so nothing can be set in a kernel. Insert Code in a Cell does the same.';
  if (!trusted) return 'This folder is not trusted, so nothing is set in its kernels. Insert Code in a Cell does the same.';
  switch (now.state) {
    case 'notAsked': return 'The variables are not set in the kernel yet: use Set Variables in Kernel, or Insert Code in a Cell.';
    case 'refused': return 'Rucio may not run code in this kernel: allow it with “Jupyter: Manage Access To Jupyter Kernels”, or use Insert Code in a Cell.';
    case 'dead': return 'The kernel is dead. When it is restarted the variables are set again.';
    case 'silent': return 'The kernel did not answer. Use Set Variables in Kernel to try again.';
    case 'unsupported': return `Variables can’t be set in ${language} kernels: use Copy Path.`;
    case 'failed': return `${now.failure.what} ${now.failure.next}`.trim();
    default: return undefined;
  }
}

/** In a cell that did not find an attached variable. */
export function earlyCell(variable: string, set: boolean): { readonly text: string; readonly tooltip: string } {
  return set
    ? { text: `$(debug-rerun) ${variable} is set now: Run Again`, tooltip: `This cell ran before the attached data was set as ${variable}. It is set now: run the cell again.` }
    : { text: `$(warning) ${variable} was not set yet: Run Again`, tooltip: `This cell ran before the attached data was set as ${variable}: code of an extension comes after the cells that wait already. The cell is run again once it is set.` };
}

/** Of a notebook that was opened with its attachments. */
export const arrivalText = (file: string, attached: number, away: number): string => `${file}: ${attached} attached, ${away} not here.`;

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
