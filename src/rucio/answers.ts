// What a Rucio server (or something that stands in its place) answered, when it was not what was asked for: statuses, ExceptionClass, HTML.
import { RucioError, type ErrorDetails, type ErrorKind } from './errors.ts';

/** An answer that was read whole. Header names in any case. */
export interface Answer {
  readonly status: number;
  header(name: string): string | null;
  /** The body, or its first part where it was long. */
  readonly text: string;
}

/** Of the body of an error; Rucio's longest (InvalidObject with its schema) have 10 kB. Bytes. */
export const ERROR_BODY = 128 << 10;
/** Characters of a message kept: some of Rucio's hold whole SQL statements. */
const LONGEST_MESSAGE = 2000;

const KINDS: Readonly<Record<string, ErrorKind>> = {
  AccessDenied: 'accessDenied',
  InsufficientAccountLimit: 'quota',
  RSEOverQuota: 'quota',
  DuplicateRule: 'duplicateRule',
  // The database under Rucio, not what was asked for, is at fault.
  DatabaseException: 'serverError',
  DatabaseError: 'serverError',
  ServiceUnavailable: 'busy',
  ResourceTemporaryUnavailable: 'busy',
};

/** Classes that /auth/… answers with when user, password, certificate or account do not fit (rucio 41: web/rest/flaskapi/v1/auth.py). */
const SIGN_IN_REFUSALS = new Set(['CannotAuthenticate', 'IdentityNotFound', 'IdentityError', 'AccountNotFound']);

interface Refusal {
  readonly exceptionClass: string;
  readonly message: string;
}

/**
 * Rucio's words: the body `{ExceptionClass, ExceptionMessage}` whatever its Content-Type, else the headers (cut to 125 characters there).
 * Undefined when neither is there (rucio 41: web/rest/flaskapi/v1/common.py, generate_http_error_flask).
 */
export function refusalOf(answer: Answer): Refusal | undefined {
  const header = answer.header('ExceptionClass');
  if (answer.text.startsWith('{')) {
    try {
      const body = JSON.parse(answer.text) as { ExceptionClass?: unknown; ExceptionMessage?: unknown };
      if (typeof body.ExceptionClass === 'string') return { exceptionClass: body.ExceptionClass, message: sentence(body.ExceptionClass, typeof body.ExceptionMessage === 'string' ? body.ExceptionMessage : '') };
    } catch {
      // Cut or no JSON: the headers say it, shorter.
    }
  }
  return header === null ? undefined : { exceptionClass: header, message: sentence(header, answer.header('ExceptionMessage') ?? '') };
}

/** Whether the token (not the person's rights) was refused: another one may be tried. */
export function tokenRefused(answer: Answer): boolean {
  if (answer.status !== 401 && answer.status !== 400) return false;
  const refusal = refusalOf(answer);
  return answer.status === 401 ? refusal?.exceptionClass === 'CannotAuthenticate' : refusal?.exceptionClass === 'ValueError' && refusal.message === 'Token must be set.';
}

/** 502, 503, 504 and 429: asking again later may help. */
export function isBusy(status: number): boolean {
  return status === 502 || status === 503 || status === 504 || status === 429;
}

/** Milliseconds from now, from seconds or an HTTP date. */
export function retryAfter(answer: Pick<Answer, 'header'>, now: number): number | undefined {
  const value = answer.header('Retry-After')?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** Whose answer it was: `host` is host:port, `request` as `GET /dids/…`, `about` the DID, RSE, rule or account it was about. */
export interface Asked {
  readonly host: string;
  readonly request: string;
  readonly about?: string | undefined;
  /** The call carried credentials to sign in with, not a token. */
  readonly signIn?: boolean | undefined;
}

/** The RucioError of an answer that has neither a good status nor one that was expected. */
export function answerFailure(answer: Answer, { host, request, about, signIn }: Asked): RucioError {
  const refusal = refusalOf(answer);
  if (refusal) return new RucioError(kindOf(answer.status, refusal.exceptionClass, signIn ?? false), refusal.message, { status: answer.status, exceptionClass: refusal.exceptionClass, request, ...(about !== undefined && { subject: about }) });
  const details: ErrorDetails = { status: answer.status, request, subject: host };
  if (answer.status === 407) return new RucioError('configuration', `The proxy on the way to ${host} asks for a user name and a password.`, details);
  if (isBusy(answer.status)) return new RucioError('busy', `${host} is too busy to answer (${answer.status}${titleWords(answer)}).`, details);
  if (answer.status >= 500) {
    const words = isHtml(answer) ? titleOf(answer.text) : firstLine(answer.text);
    return new RucioError('serverError', `${host} failed with status ${answer.status}${words ? `: ${words}` : ''}.`, details);
  }
  if (isHtml(answer)) return new RucioError('notRucio', `${htmlWords(answer, host)}${slashHint(answer.status, request)}`, details);
  return new RucioError('notRucio', `${host} answered ${answer.status} to ${request}, in a way no Rucio server does.`, details);
}

/** An answer with a good status that is a page for people: a proxy's log-in, a captive portal, a wrong address. */
export function htmlFailure(answer: Answer, { host, request }: Asked): RucioError {
  return new RucioError('notRucio', htmlWords(answer, host), { status: answer.status, request, subject: host });
}

/** By its beginning, as Rucio itself labels JSON as text/html (the answer of POST /rules/). */
export function isHtml(answer: Pick<Answer, 'text'>): boolean {
  return /^\s*(?:\uFEFF)?<(?:!|html|head|body|meta|title|\?xml|script)/i.test(answer.text);
}

export function titleOf(html: string): string {
  const title = /<title[^>]*>([^<]{0,500})/i.exec(html)?.[1] ?? '';
  return title.replace(/&amp;/g, '&').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&#39;|&apos;/g, '\'').replace(/&quot;/g, '"').replace(/\s+/g, ' ').trim().slice(0, 120);
}

function kindOf(status: number, exceptionClass: string, signIn: boolean): ErrorKind {
  if (signIn && status === 401 && SIGN_IN_REFUSALS.has(exceptionClass)) return 'wrongCredentials';
  if (exceptionClass === 'CannotAuthenticate') return 'signInNeeded';
  const kind = KINDS[exceptionClass];
  if (kind !== undefined) return kind;
  if (exceptionClass.endsWith('NotFound')) return 'notFound';
  if (isBusy(status)) return 'busy';
  return 'refused';
}

/** Whole, except for what is no use to a person: InvalidObject goes on with its JSON schema after the first line. */
function sentence(exceptionClass: string, message: string): string {
  const words = exceptionClass === 'InvalidObject' ? firstLine(message) : message.trim();
  if (words === '') return exceptionClass;
  return words.length > LONGEST_MESSAGE ? `${words.slice(0, LONGEST_MESSAGE)}…` : words;
}

function firstLine(text: string): string {
  const line = text.trim().split('\n', 1)[0]?.trim() ?? '';
  return line.length > 500 ? `${line.slice(0, 500)}…` : line;
}

function titleWords(answer: Answer): string {
  const title = isHtml(answer) ? titleOf(answer.text) : firstLine(answer.text);
  return title === '' ? '' : `: ${title}`;
}

function htmlWords(answer: Answer, host: string): string {
  const title = titleOf(answer.text);
  return `${host} answered with a web page${title ? ` titled “${title}”` : ''}, not as a Rucio server does: a log-in page on the way, or the address of something else.`;
}

/** Apache answers 404 by itself for every name with a slash, unless told not to (rucio issues 7691, 7510). */
function slashHint(status: number, request: string): string {
  return status === 404 && request.includes('%2F') ? ' The name holds a slash: the web server in front of Rucio may not let it through (AllowEncodedSlashes NoDecode).' : '';
}
