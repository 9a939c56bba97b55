// What can go wrong between us and a Rucio server or a storage: a closed set of kinds, one error class.
// The words for a person are made from it in one place, lake/advice.ts.

export type ErrorKind =
  /** No valid credential, and none could be had without asking a person. */
  | 'signInNeeded'
  /** The server refused what was typed or handed to it (CannotAuthenticate at sign-in). */
  | 'wrongCredentials'
  /** Signed in, but not allowed to do this (AccessDenied: 401 or 500, never 403; rucio 41: web/rest/flaskapi/v1/common.py). */
  | 'accessDenied'
  /** DataIdentifierNotFound, ScopeNotFound, RSENotFound, RuleNotFound, AccountNotFound, … */
  | 'notFound'
  /** InsufficientAccountLimit, RSEOverQuota. */
  | 'quota'
  /** DuplicateRule: such a rule exists already. */
  | 'duplicateRule'
  /** Any other refusal that Rucio gives with an ExceptionClass. */
  | 'refused'
  /** Name not found, connection refused or reset. */
  | 'unreachable'
  /** The server's certificate is not trusted, or its name is another. */
  | 'certificate'
  | 'timeout'
  /** 502, 503, 504: asked again with back-off before this is raised. */
  | 'busy'
  /** An answer that no Rucio gives: an HTML page, a proxy's log-in, broken JSON. */
  | 'notRucio'
  /** An answer that ended before its end: nothing of it may be taken for the whole. */
  | 'cutStream'
  /** 500 and nothing known about it. */
  | 'serverError'
  /** The instance's settings are wrong or not enough (no destination_rse, a CA file that can't be read, …). */
  | 'configuration'
  /** The mount does not answer, or the path is not there. */
  | 'mount'
  /** A name or pattern that can't be understood. */
  | 'badInput'
  | 'cancelled';

export interface ErrorDetails {
  /** HTTP status, where there was one. */
  readonly status?: number;
  /** Rucio's ExceptionClass, e.g. InsufficientAccountLimit. */
  readonly exceptionClass?: string;
  /** What it was about: a DID, an RSE, a host, a file; never a secret, never a query string. */
  readonly subject?: string;
  /** `GET /dids/…`: method and path without query and credentials. */
  readonly request?: string;
  /** A page where a person can mend it: http(s), without a secret. */
  readonly link?: string;
  /** What we found out about it ourselves: whole sentences, after the server's words. */
  readonly facts?: string;
  readonly cause?: unknown;
}

/** `message` is the server's own words where it said any (whole, one line per sentence), else ours. Holds no secret. */
export class RucioError extends Error {
  override readonly name = 'RucioError';
  readonly kind: ErrorKind;
  readonly status: number | undefined;
  readonly exceptionClass: string | undefined;
  readonly subject: string | undefined;
  readonly request: string | undefined;
  readonly link: string | undefined;
  readonly facts: string | undefined;
  readonly #details: ErrorDetails;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.status = details.status;
    this.exceptionClass = details.exceptionClass;
    this.subject = details.subject;
    this.request = details.request;
    this.link = details.link;
    this.facts = details.facts;
    this.#details = details;
  }

  /** The same, told with more. */
  with(more: Pick<ErrorDetails, 'facts' | 'subject'>): RucioError {
    return new RucioError(this.kind, this.message, { ...this.#details, cause: this, ...more });
  }

  static is(error: unknown, ...kinds: ErrorKind[]): error is RucioError {
    return error instanceof RucioError && (kinds.length === 0 || kinds.includes(error.kind));
  }
}
