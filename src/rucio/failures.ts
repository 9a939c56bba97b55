// What the network did to a call, in our words: node's and OpenSSL's error codes become RucioErrors.
import { RucioError, type ErrorDetails, type ErrorKind } from './errors.ts';

/**
 * Failures of our own making beside node's: codes, as node-fetch keeps nothing else of an error that an agent raises.
 * The message is (the end of) a sentence.
 */
export type OwnCode = 'RUCIO_DEADLINE' | 'RUCIO_PROXY' | 'RUCIO_PROXY_PASSWORD';

export function ownFailure(code: OwnCode, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** `phase` as in "host … did not accept the connection within 20 s". */
export function deadlinePassed(phase: string, ms: number): Error {
  return ownFailure('RUCIO_DEADLINE', `${phase} within ${ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`}`);
}

const CERTIFICATE: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed and no known authority vouches for it',
  SELF_SIGNED_CERT_IN_CHAIN: 'the authority that signed it is not known here (its chain ends in a self-signed certificate)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the authority that signed it is not known here',
  UNABLE_TO_GET_ISSUER_CERT: 'the authority that signed it is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the authority that signed it is not known here',
  CERT_HAS_EXPIRED: 'it has expired (or this machine\'s clock is wrong)',
  CERT_NOT_YET_VALID: 'it is not valid yet (or this machine\'s clock is wrong)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it was issued for another name',
  HOSTNAME_MISMATCH: 'it was issued for another name',
  CERT_REVOKED: 'it was revoked',
  CERT_UNTRUSTED: 'it is not trusted',
  CERT_REJECTED: 'it is not trusted',
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
  CERT_CHAIN_TOO_LONG: 'its chain is too long',
  INVALID_CA: 'one of the authorities in its chain may not sign certificates',
  INVALID_PURPOSE: 'it is not meant for a server',
  PATH_LENGTH_EXCEEDED: 'one of the authorities in its chain may not sign other authorities',
};

const UNREACHABLE: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be looked up (the name server did not answer)',
  EAI_NODATA: 'its name has no address',
  ECONNREFUSED: 'it refused the connection: nothing listens there',
  ECONNRESET: 'it closed the connection without an answer',
  ECONNABORTED: 'the connection was broken',
  EPIPE: 'it closed the connection while the call was sent',
  EHOSTUNREACH: 'no way leads to it from here',
  ENETUNREACH: 'no way leads to it from here',
  EHOSTDOWN: 'it is down',
  EADDRNOTAVAIL: 'no way leads to it from here',
  EACCES: 'this machine does not allow the connection',
  EPERM: 'this machine does not allow the connection',
};

/** TLS alerts of a server about the certificate that we showed, or did not show. */
const OUR_CERTIFICATE: Readonly<Record<string, string>> = {
  UNKNOWN_CA: 'it does not know the authority that signed it',
  BAD_CERTIFICATE: 'it could not verify it',
  UNSUPPORTED_CERTIFICATE: 'it takes no certificates of this kind',
  CERTIFICATE_REVOKED: 'it was revoked',
  CERTIFICATE_EXPIRED: 'it has expired',
  CERTIFICATE_UNKNOWN: 'it could not verify it',
};

/** Codes after which a safe call may be asked again at once. */
const BROKEN = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'EAI_AGAIN', 'ERR_STREAM_PREMATURE_CLOSE']);

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

export function isBroken(error: unknown): boolean {
  return BROKEN.has(codeOf(error) ?? '');
}

/** What the agent or node said, without the URL that node-fetch puts in front. */
function reasonOf(error: Error): string {
  return /, reason: (.*)$/s.exec(error.message)?.[1] ?? error.message;
}

/**
 * The RucioError of a failure before the first byte of an answer. `host` is host:port of the server.
 * What is no failure of the network (a fault in this program) is given back as it came.
 */
export function connectionFailure(error: unknown, host: string, details: ErrorDetails = {}): unknown {
  if (error instanceof RucioError) return error;
  const code = codeOf(error);
  if (!(error instanceof Error) || code === undefined) return error;
  const raise = (kind: ErrorKind, message: string): RucioError => new RucioError(kind, message, { ...details, subject: host });
  if (code === 'RUCIO_DEADLINE') return raise('timeout', `${host} ${reasonOf(error)}.`);
  if (code === 'RUCIO_PROXY') return raise('unreachable', reasonOf(error));
  if (code === 'RUCIO_PROXY_PASSWORD') return raise('configuration', reasonOf(error));
  const certificate = CERTIFICATE[code];
  if (certificate !== undefined) return raise('certificate', `The certificate of ${host} was not accepted: ${certificate}.${namesIn(reasonOf(error))} (${code})`);
  if (code === 'ETIMEDOUT') return raise('timeout', `${host} did not answer the connection. (${code})`);
  const [, alert = ''] = /^ERR_SSL_(?:TLSV1|TLSV13|SSLV3)_ALERT_(.*)$/.exec(code) ?? [];
  if (alert === 'CERTIFICATE_REQUIRED') return raise('signInNeeded', `${host} lets nobody in without a certificate. (${code})`);
  if (alert in OUR_CERTIFICATE) return raise('wrongCredentials', `${host} does not accept your certificate: ${OUR_CERTIFICATE[alert]}. (${code})`);
  // OpenSSL's own words ("wrong version number") are in the message; ERR_SSL_… is Node's name for them.
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') return raise('unreachable', `No secure connection to ${host}: it does not speak TLS as it should; is the address http instead of https? (${sslReason(error.message) ?? code})`);
  if (code.startsWith('HPE_')) return raise('notRucio', `What answers at ${host} does not speak HTTP; is the address https instead of http? (${code})`);
  if (code === 'ERR_STREAM_PREMATURE_CLOSE') return raise('unreachable', `${host} can't be reached: ${UNREACHABLE.ECONNRESET}. (${code})`);
  const unreachable = UNREACHABLE[code];
  if (unreachable !== undefined) return raise('unreachable', `${host} can't be reached: ${unreachable}. (${code})`);
  // Codes of system calls are capitals; Node's own ERR_… that got here are faults of ours.
  return /^E[A-Z0-9]+$/.test(code) ? raise('unreachable', `${host} can't be reached. (${code})`) : error;
}

/** The RucioError of a failure after the answer had begun: nothing of it may be taken for the whole. */
export function bodyFailure(error: unknown, host: string, details: ErrorDetails = {}): unknown {
  if (error instanceof RucioError) return error;
  const code = codeOf(error);
  if (!(error instanceof Error) || code === undefined) return error;
  const raise = (kind: ErrorKind, message: string): RucioError => new RucioError(kind, message, { ...details, subject: host });
  if (code === 'RUCIO_DEADLINE') return raise('timeout', `${host} ${reasonOf(error)}; its answer is not whole.`);
  if (code.startsWith('Z_')) return raise('cutStream', `The answer of ${host} was cut or damaged on the way: it can't be unpacked. (${code})`);
  return raise('cutStream', `The answer of ${host} ended before its end: it is not whole. (${code})`);
}

/** Node's sentence about a wrong name says which names the certificate is for. */
function namesIn(reason: string): string {
  const altnames = /cert's altnames: (.*)$/s.exec(reason)?.[1] ?? '';
  const names = [...altnames.matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map((match) => match[1]);
  return names.length === 0 ? '' : ` It is for ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}.`;
}

function sslReason(message: string): string | undefined {
  return /SSL routines:[^:]*:([^:]+):/.exec(message)?.[1];
}
