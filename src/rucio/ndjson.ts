// Rucio's streams: one JSON value per line (application/x-json-stream). Bytes in, batches of rows out, at the speed of JSON.parse.
import { RucioError } from './errors.ts';

/** A line longer than this is no row of Rucio's (the longest known are a file's replicas: some kB). Bytes. */
const LONGEST_LINE = 32 << 20;
/** Bytes parsed at one go; larger pieces are cut at a line's end, so that no batch holds the event loop for long. */
const PIECE = 256 << 10;
const NEWLINE = 10;

/** Strings (passed over), and the three words that Python's json writes and JSON does not know. */
const STRINGS_AND_WORDS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?Infinity|NaN/g;

/**
 * JSON as Python writes it: a bare `Infinity` becomes Infinity (Rucio's quota without limit; rucio 41: core/account_limit.py),
 * `-Infinity` likewise, `NaN` becomes null. Throws SyntaxError on anything else that is no JSON.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!text.includes('Infinity') && !text.includes('NaN')) throw error;
    return JSON.parse(text.replace(STRINGS_AND_WORDS, (found) => {
      if (found[0] === '"') return found;
      // A number beyond the largest double is how JSON can say it.
      return found === 'NaN' ? 'null' : found === 'Infinity' ? '1e999' : '-1e999';
    }));
  }
}

/** Lines put together from chunks of any size. `subject` is named in errors, e.g. `GET /dids/…`. */
export class NdjsonReader {
  readonly #subject: string;
  /** The beginning of a line whose end has not come yet. */
  #rest: Buffer[] = [];
  #restBytes = 0;
  #line = 0;

  constructor(subject: string) {
    this.#subject = subject;
  }

  /** Lines read so far, blank ones too. */
  get lines(): number {
    return this.#line;
  }

  /**
   * The rows that are whole by now, in batches (none, one, or several for a large chunk); the memory of `chunk` may be kept until the next call.
   * Throws RucioError cutStream (a line that is no JSON) or notRucio (HTML, an endless line).
   */
  *push(chunk: Uint8Array): Generator<unknown[]> {
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const first = bytes.indexOf(NEWLINE);
    if (first < 0) {
      this.#restBytes += bytes.length;
      if (this.#restBytes > LONGEST_LINE) throw new RucioError('notRucio', `line ${this.#line + 1} of the answer has no end (over ${LONGEST_LINE >> 20} MB)`, { subject: this.#subject });
      this.#rest.push(bytes);
      return;
    }
    if (this.#rest.length > 0) {
      // Only the line that was cut is put together; the rest of the chunk is not copied.
      const joined = Buffer.concat([...this.#rest, bytes.subarray(0, first + 1)]);
      this.#rest = [];
      this.#restBytes = 0;
      const rows = this.#rows(joined.toString('utf8', 0, joined.length - 1));
      if (rows.length > 0) yield rows;
      bytes = bytes.subarray(first + 1);
    }
    let from = 0;
    while (from < bytes.length) {
      let end = bytes.lastIndexOf(NEWLINE, Math.min(bytes.length, from + PIECE) - 1);
      if (end < from) end = bytes.indexOf(NEWLINE, from);
      if (end < 0) break;
      const rows = this.#rows(bytes.toString('utf8', from, end));
      if (rows.length > 0) yield rows;
      from = end + 1;
    }
    if (from < bytes.length) {
      this.#rest = [bytes.subarray(from)];
      this.#restBytes = bytes.length - from;
    }
  }

  /**
   * To be called at the proper end of the answer (and only there): a last line without its newline is a row if it is JSON.
   * Throws RucioError cutStream or notRucio as {@link push} does.
   */
  end(): unknown[] {
    if (this.#restBytes === 0) return [];
    const text = Buffer.concat(this.#rest).toString('utf8');
    this.#rest = [];
    this.#restBytes = 0;
    return this.#rows(text);
  }

  /** `text`: whole lines, without the last newline. */
  #rows(whole: string): unknown[] {
    // A byte order mark, as some proxies and tools put one before a text.
    const text = this.#line === 0 && whole.startsWith('\uFEFF') ? whole.slice(1) : whole;
    const lines = countLines(text);
    // One call for all lines is quicker than one for each: a newline can't be inside a JSON string, so it may become a comma.
    // The count shows whether each line was one value; if not, or if one is no JSON, the lines are looked at one by one.
    try {
      const rows = JSON.parse(lines === 1 ? `[${text}]` : `[${text.replaceAll('\n', ',')}]`) as unknown[];
      if (rows.length === lines) {
        this.#line += lines;
        return rows;
      }
    } catch {
      // Infinity, a blank line, or no JSON: the next loop tells.
    }
    const rows: unknown[] = [];
    for (const line of text.split('\n')) {
      this.#line++;
      if (line.trim() !== '') rows.push(this.#row(line));
    }
    return rows;
  }

  #row(line: string): unknown {
    try {
      return parseJson(line);
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      if (/^\s*</.test(line)) throw new RucioError('notRucio', `line ${this.#line} of the answer is HTML or XML, not a row of Rucio's`, { subject: this.#subject });
      throw new RucioError('cutStream', `line ${this.#line} of the answer is not whole: it was cut, or something on the way changed it`, { subject: this.#subject });
    }
  }
}

function countLines(text: string): number {
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}
