// The tooltip of a DID as Markdown, in which nothing that a server or a name says can be anything but text.
import type { AvailabilityInfo, DIDRow } from '../../protocol.ts';
import { escapeMarkdown } from '../plain.ts';
import { bytesText, count, didText, stateWords, typeWord } from './words.ts';

export function didTooltip(row: DIDRow, info: AvailabilityInfo | undefined): string {
  const lines = [`**${escapeMarkdown(didText(row))}**`];
  const facts = [typeWord(row.type)];
  if (row.bytes !== null) facts.push(`${bytesText(row.bytes)} (${count(row.bytes, 'byte')})`);
  if (row.type !== 'FILE') facts.push(row.length === null ? 'number of files not known' : count(row.length, 'file'));
  lines.push(escapeMarkdown(facts.join(', ')));
  if (!info) return [...lines, '_State not known yet\\._'].join('\n\n');
  const { title, meaning } = stateWords(info);
  lines.push(`**${escapeMarkdown(title)}**${meaning ? `: ${escapeMarkdown(meaning)}` : ''}`);
  if (info.error) lines.push(`Rucio says: ${escapeMarkdown(info.error)}`);
  if (info.path) lines.push(`Path: ${escapeMarkdown(info.path)}`);
  if (info.looked) lines.push(`_Looked at: ${escapeMarkdown(info.looked)}_`);
  return lines.join('\n\n');
}
