// The service's status as a document: JSON, with times that can be read. It holds no secret: the service puts none in.
import type { ConnectionState } from '../../client/client.ts';
import type { ServiceStatus } from '../../protocol.ts';

const TIMES = new Set(['startedAt', 'since', 'expiresAt']);

export function statusDocument(status: ServiceStatus, connection: ConnectionState): string {
  const readable = (key: string, value: unknown): unknown => (TIMES.has(key) && typeof value === 'number' && Number.isFinite(value) ? isoTime(value) : value);
  return `${JSON.stringify({ connection, ...status }, readable, 2)}\n`;
}

/** A time that no calendar has stays a number. */
function isoTime(ms: number): string | number {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? ms : date.toISOString();
}
