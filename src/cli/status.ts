// `datalake status` in words.
import type { ServiceStatus } from '../protocol.ts';

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

/** "2 h 5 min", "40 s"; what is over is "0 s". */
function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
