// The page's document: an empty shell. All text comes later, by messages, so no name of anybody's is ever part of it.
import type { PageState } from './messages.ts';

export interface Shell {
  /** What the editor is to keep of it from the first moment on: a window may be reloaded before the rule is known. */
  readonly page: PageState;
  /** Address of the page's script and style sheet, as the webview may load them. */
  readonly script: string;
  readonly style: string;
  /** The editor's source for styles: webview.cspSource. */
  readonly cspSource: string;
  /** Random, new for each document, and different: the one for styles can be read by the page's scripts. */
  readonly scriptNonce: string;
  readonly styleNonce: string;
}

/**
 * The toolkit's components bring their styles as constructed style sheets, which need no 'unsafe-inline'; the one <style>
 * with which they try out `:focus-visible` takes its nonce from the meta element (fast-web-utilities: dom.js).
 */
export function shellHtml({ page, script, style, cspSource, scriptNonce, styleNonce }: Shell): string {
  const policy = `default-src 'none'; script-src 'nonce-${scriptNonce}'; style-src ${cspSource} 'nonce-${styleNonce}';`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(policy)}">
<meta property="csp-nonce" content="${escape(styleNonce)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${escape(style)}">
<title>Replication rule</title>
</head>
<body>
<main id="page" data-page="${escape(JSON.stringify({ ...page, heading: '' }))}" aria-busy="true"></main>
<script type="module" nonce="${escape(scriptNonce)}" src="${escape(script)}"></script>
</body>
</html>
`;
}

/** For a window that kept nothing of a page that it restores. */
export const LOST_HTML = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none';"><title>Replication rule</title></head>
<body><p>The editor has forgotten which rule was shown here. Close this page, and open it again with Show Rule.</p></body>
</html>
`;

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
