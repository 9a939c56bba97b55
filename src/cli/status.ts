// `datalake status`: what the lake service does, for whom, in words.
import * as protocol from '../protocol.ts';
import type { ServiceStatus } from '../protocol.ts';
import type { Command } from './command.ts';
import { timeText } from './words.ts';

export const status: Command = {
  usage: 'status', what: 'what the lake service beside your editor is doing: clients, instances with proxy and certificates, sign-ins, work', words: [0, 0],
  async run({ client, screen, json, signal }) {
    const now = await client.request(protocol.status, {}, signal);
    screen.line(json ? JSON.stringify(now, null, 2) : describeStatus(now).trimEnd());
    return 0;
  },
};

export function describeStatus(status: ServiceStatus, now = Date.now()): string {
  const lines = [
    `lake service ${status.version}, process ${status.pid}, up ${duration(now - status.startedAt)}${status.mode === 'inWindow' ? ', in a window: work ends with it' : ''}`,
    '',
    heading('clients', status.clients.length),
    ...status.clients.map((client) => `  ${client.label} (${client.client}, process ${client.pid}, since ${duration(now - client.since)})`),
    heading('instances', status.instances.length),
    ...status.instances.flatMap((instance) => [
      `  ${instance.displayName}  ${instance.baseUrl}`,
      `    from ${instance.origin}; proxy: ${instance.proxy}; certificates: ${instance.certificates}`,
    ]),
    heading('signed in', status.sessions.filter((session) => session.state === 'signedIn').length),
    ...status.sessions.map((session) => session.state === 'signedIn'
      ? `  ${session.instance}: ${session.account ?? 'account not known'}${session.expiresAt === undefined ? '' : `, for ${duration(session.expiresAt - now)} more`}`
      : `  ${session.instance}: not signed in`),
    heading('work', status.work.length),
    ...status.work.map((work) => `  ${work}`),
    ...(status.problems.length === 0 ? [] : [heading('ignored settings', status.problems.length), ...status.problems.map((problem) => `  ${problem.source}: ${problem.problem}`)]),
    ...status.notes.map((note) => `note: ${note}`),
  ];
  return `${lines.join('\n')}\n`;
}

function heading(what: string, count: number): string {
  return count === 0 ? `${what}: none` : `${what}:`;
}

/** What is over is "0 s". */
function duration(ms: number): string {
  return timeText(ms / 1000);
}
