// Patterns for the server's DID search, which changes some values before it looks for them (rucio 41: core/did_meta_plugins/filter_engine.py).

export interface SearchPattern {
  /** What to send. It finds at least all that the person's pattern means. */
  readonly sent: string;
  /** Keeps what the person's pattern means; undefined where the server's answer is that. */
  readonly keeps: ((name: string) => boolean) | undefined;
  /** Only one name can fit. */
  readonly exact: boolean;
}

/**
 * `pattern` has `*` for any characters, all else stands for itself. The server
 * - rewrites `true`, `TRUE`, `false`, `FALSE` inside any value to Python's words: we put a `*` into them;
 * - turns a value without `+ - * /` that is a Python literal (12345, 1.5, None, 'x') into that, and dates too: we put a `*` behind it;
 * - takes `%` for a wildcard and, in a pattern, `\` for an escape: we filter, and send `*` for `\`.
 */
export function searchPattern(pattern: string): SearchPattern {
  const exact = !pattern.includes('*');
  let sent = pattern.replaceAll('\\', '*').replace(/true|TRUE|false|FALSE/g, (word) => `${word.slice(0, 2)}*${word.slice(3)}`);
  if (!sent.includes('*') && !staysText(sent)) sent += '*';
  // Two in a row would be a pattern like any other, a single one is no condition at all: quicker.
  sent = sent.replace(/\*{2,}/g, '*');
  if (sent === pattern.replace(/\*{2,}/g, '*') && !pattern.includes('%')) return { sent, keeps: undefined, exact };
  if (exact) return { sent, keeps: (name) => name === pattern, exact };
  return { sent, keeps: matcher(pattern), exact };
}

/** Without `*`: neither a literal nor a date, so the server leaves it as it is. */
function staysText(value: string): boolean {
  if (/^[A-Za-z_][A-Za-z0-9_.]*$/.test(value)) return value !== 'None' && value !== 'True' && value !== 'False';
  return /[+\-/]/.test(value) && !/^\d{4}-\d{1,2}-\d{1,2}[ T]/.test(value) && !value.endsWith('UTC');
}

/** `*` by hand and not as a RegExp of `.*`s, which takes for ever on hostile names. */
function matcher(pattern: string): (name: string) => boolean {
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  const last = parts[parts.length - 1] ?? '';
  const middle = parts.slice(1, -1).filter((part) => part !== '');
  return (name) => {
    if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
    let at = first.length;
    for (const part of middle) {
      const found = name.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= name.length - last.length;
  };
}
