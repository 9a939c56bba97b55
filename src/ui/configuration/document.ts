// The configuration as a document to read: plain text, one fact a line. The service puts no secret in.
import type { Configuration } from '../../protocol.ts';
import { signedInText } from '../auth/words.ts';

/** `programs`: what is said of other programs, a fact each. */
export function configurationDocument({ readAt, sources, instances, problems, notes }: Configuration, programs: readonly string[] = []): string {
  const lines = [
    'Rucio configuration of this window',
    `Read ${isoTime(readAt)}; Refresh Explore reads it again. Of a secret it only says that it is set.`,
    '',
    'Sources, the strongest first:',
    ...sources.map(({ name, state }, i) => `  ${i + 1}. ${plain(name)}: ${plain(state)}`),
    ...instances.flatMap((instance) => [
      '',
      `Instance ${plain(instance.displayName)}${instance.displayName === instance.name ? '' : ` (${plain(instance.name)})`}`,
      `  from ${plain(instance.origin)}`,
      ...instance.values.map(({ key, value, source }) => `  ${key} = ${plain(value)}    [${plain(source)}]`),
      ...instance.ignored.map(({ key, value, source, why }) => `  ignored: ${plain(key)} = ${plain(value)}    [${plain(source)}]: ${plain(why)}`),
      '  To sign in with, in this order:',
      ...instance.ready.map(({ place, state }) => `    ${plain(place)}: ${plain(state)}`),
      '    at last a question to you',
      `  ${plain(instance.session.state === 'signedIn' ? signedInText(instance.displayName, instance.session) : 'Not signed in')}${instance.session.expiresAt === undefined ? '' : `, until ${isoTime(instance.session.expiresAt)}`}`,
      `  proxy: ${plain(instance.proxy)}; certificates: ${plain(instance.certificates)}`,
    ]),
    ...(instances.length === 0 ? ['', 'No instance.'] : []),
    ...(programs.length === 0 ? [] : ['', 'Programs:', ...programs.map((line) => `  ${plain(line)}`)]),
    ...section('Ignored, and why:', problems),
    ...section('Notes:', notes),
  ];
  return `${lines.join('\n')}\n`;
}

function section(title: string, items: Configuration['problems']): string[] {
  return items.length === 0 ? [] : ['', title, ...items.map(({ source, problem }) => `  ${plain(source)}: ${plain(problem)}`)];
}

/** Names come from files that others write: none begins a line of its own, or turns the text round. */
function plain(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, ' ');
}

/** A time that no calendar has stays a number. */
function isoTime(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString();
}
