// The one place where a PFN becomes a local path. It cannot leave the mount: whatever a name holds, the answer is a path
// below the mount or a sentence that says why there is none.
import path from 'node:path';

export interface MountRule {
  /** Where the RSE is mounted, a full path. */
  readonly rseMountPath: string;
  /** Leading components of the PFN's path to drop before the rest is put behind the mount path. */
  readonly pathBeginsAt: number;
}

export interface PfnOptions {
  /** The DID's name: tells a `?` that belongs to it from one that begins a query (`?svcClass=…`, a signature). */
  readonly name?: string;
  readonly platform?: 'posix' | 'win32';
}

/** `alsoTry`: other spellings under which the same file may lie (see {@link pfnToPath}). */
export type PfnPath = { readonly path: string; readonly alsoTry: readonly string[] } | { readonly reason: string };

/** Schemes whose clients decode `%20`; the others take a path as it stands (root://: XRootD; file://: a path). */
const DECODING = /^(davs?|https?|s3s?|swift|gcs|s3\+https|webdavs?)$/i;

/**
 * `root://eoseulake.cern.ch:1094//eos/eulake/tests/rucio_test/eulake_1/f`, 4 components dropped, mount `/eos/eulake_1`:
 * `/eos/eulake_1/f`. Rucio writes names into PFNs as they are, without percent-encoding, whatever the scheme (rucio 41:
 * rse/protocols/gfal.py lfns2pfns); an http client then decodes a `%20` in it, an XRootD client does not. So where
 * decoding makes a difference both spellings are given, the scheme's own first. `//` is one separator, a component `..`
 * is refused, and too few components are a reason, never a shorter path.
 */
export function pfnToPath(pfn: string, rule: MountRule, options: PfnOptions = {}): PfnPath {
  const windows = (options.platform ?? (process.platform === 'win32' ? 'win32' : 'posix')) === 'win32';
  const parts = parse(pfn, options.name ?? '');
  if (!parts) return { reason: `"${pfn}" is not a physical file name: it has no scheme or no path.` };
  const literal = place(parts.path, rule, windows);
  if (!parts.path.includes('%')) return 'reason' in literal ? literal : { path: literal.path, alsoTry: [] };
  const decoded = place(decode(parts.path), rule, windows);
  const [first, second] = DECODING.test(parts.scheme) ? [decoded, literal] : [literal, decoded];
  if ('reason' in first) return first;
  return { path: first.path, alsoTry: 'path' in second && second.path !== first.path ? [second.path] : [] };
}

/** Scheme and path; of a PFN that goes through proxies (`root://xcache//root://origin//path`) those of the last. */
function parse(pfn: string, name: string): { readonly scheme: string; readonly path: string } | undefined {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)(\/.*)$/is.exec(pfn);
  if (!match) return undefined;
  const scheme = match[1]!;
  let rest = match[3]!;
  const behind = /^\/+([a-z][a-z0-9+.-]*:\/\/.*)$/is.exec(rest);
  if (behind) return parse(behind[1]!, name);
  // srm://host:8446/srm/managerv2?SFN=/castor/x/y: the path is what SFN says.
  const sfn = /^[^?]*\?SFN=(.*)$/s.exec(rest);
  if (sfn) rest = sfn[1]!;
  else if (!name.includes('?')) rest = rest.replace(/\?[A-Za-z0-9_.-]+=[^/]*$/, '');
  return { scheme, path: rest };
}

/** Malformed escapes stay as they are: in such a name `%` is a letter. */
function decode(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes; // not UTF-8, so it is no encoding of a name
    }
  });
}

function place(pfnPath: string, { rseMountPath, pathBeginsAt }: MountRule, windows: boolean): { readonly path: string } | { readonly reason: string } {
  const components = pfnPath.split('/').filter((part) => part !== '' && part !== '.');
  if (components.includes('..')) return { reason: `The storage's path "${pfnPath}" has ".." in it: it is not followed.` };
  if (components.some((part) => part.includes('\0'))) return { reason: 'The storage\'s path has a NUL character in it: no file can be named so.' };
  const kept = components.slice(pathBeginsAt);
  if (kept.length === 0) {
    return { reason: `path_begins_at is ${pathBeginsAt}, but the storage's path "${pfnPath}" has only ${components.length} components. Correct path_begins_at of this instance.` };
  }
  if (windows) {
    const odd = kept.find((part) => /[\\:*?"<>|\u0001-\u001f]|[. ]$/.test(part) || /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(part));
    if (odd !== undefined) return { reason: `Windows can't have a file named "${odd}".` };
  }
  const { join, sep } = windows ? path.win32 : path.posix;
  const joined = join(rseMountPath, ...kept);
  // By construction it is below the mount; this guards the construction.
  const root = join(rseMountPath, sep);
  return joined.startsWith(root) ? { path: joined } : { reason: `The storage's path "${pfnPath}" leads out of the mount.` };
}

/**
 * The places where a replica may lie here, likeliest first, at most four: from its PFNs in the server's order, as the
 * protocols of an RSE may spell the path differently.
 */
export function placesOf(pfns: readonly string[], rule: MountRule, name: string): { readonly pfn: string; readonly path: string }[] | { readonly reason: string } {
  const places = new Map<string, string>();
  let reason: string | undefined;
  for (const pfn of pfns) {
    const found = pfnToPath(pfn, rule, { name });
    if ('reason' in found) reason ??= found.reason;
    else for (const candidate of [found.path, ...found.alsoTry]) if (!places.has(candidate)) places.set(candidate, pfn);
  }
  if (places.size === 0) return { reason: reason ?? 'The catalogue names no physical file for it.' };
  return [...places].slice(0, 4).map(([candidate, pfn]) => ({ pfn, path: candidate }));
}
