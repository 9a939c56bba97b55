// Answers of providers' pages, for sign-ins that wait for them. A browser may bring one to any window: what it belongs to is
// told by its `state`, which only the page that was opened knows.

/** Sign-ins that wait, by their `state`. */
export class PageAnswers {
  readonly #waiting = new Map<string, (fields: ReadonlyMap<string, string>) => void>();

  wait(state: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    return new Promise((resolve) => {
      this.#waiting.set(state, resolve);
      signal.addEventListener('abort', () => this.#waiting.delete(state), { once: true });
    });
  }

  /** False when no sign-in waits for it. Each is taken once. */
  take(query: string): boolean {
    const fields = fieldsOf(query);
    const state = fields.get('state') ?? '';
    const waiting = this.#waiting.get(state);
    this.#waiting.delete(state);
    waiting?.(fields);
    return waiting !== undefined;
  }
}

/** The editor has decoded the query already: a + in a code is a plus, and % stands for itself. Of what is there twice, the first counts. */
function fieldsOf(query: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const part of query.split('&')) {
    const at = part.indexOf('=');
    const [name, value] = at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
    if (!fields.has(name)) fields.set(name, name === 'error_description' ? value.replaceAll('+', ' ') : value);
  }
  return fields;
}
