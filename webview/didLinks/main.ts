// Links to DIDs in a notebook's Markdown cells: `[the data](rucio:scope:name)`, and `rucio:scope:name` alone. The editor follows
// no address of such a kind there, runs no command from there and drops the query of one, so a click is told to the window.
import type { LinkPressed } from '../../src/ui/links/messages.ts';

interface Token { attrGet(name: string): string | null; attrSet(name: string, value: string): void }
type Rule = (tokens: readonly Token[], index: number, options: unknown, env: unknown, self: { renderToken(tokens: readonly Token[], index: number, options: unknown): string }) => string;

/** What is used of markdown-it, which the editor brings. */
interface MarkdownIt {
  normalizeLink(url: string): string;
  readonly linkify: { add(schema: string, rule: { validate(text: string, at: number): number }): unknown };
  readonly renderer: { readonly rules: { link_open?: Rule } };
}

interface RendererContext {
  getRenderer(id: string): Promise<{ extendMarkdownIt?(extend: (markdown: MarkdownIt) => void): void } | undefined>;
  postMessage?(message: LinkPressed): void;
}

const ADDRESS = /^rucio:(?=.)/i;
/** What a DID alone in the text may be made of; marks at its end belong to the sentence. */
const BARE = /^(?:\/\/)?[A-Za-z0-9_][\w.-]{0,63}:[^\s"'`()[\]{}<>,;|\\*$]{1,500}/;
const LAST_MARKS = /[.:!?]+$/;

export async function activate(context: RendererContext): Promise<void> {
  const markdown = await context.getRenderer('vscode.markdown-it-renderer');
  markdown?.extendMarkdownIt?.(withDids);
  // Before the editor's own listener, which would look for a file of that name.
  document.addEventListener('click', (event) => {
    const link = event.composedPath().find((node) => node instanceof HTMLElement && node.dataset.rucioDid !== undefined) as HTMLElement | undefined;
    if (!link) return;
    event.preventDefault();
    event.stopPropagation();
    context.postMessage?.({ did: link.dataset.rucioDid ?? '' });
  }, { capture: true });
}

function withDids(markdown: MarkdownIt): void {
  const normalize = markdown.normalizeLink.bind(markdown);
  // A name is not to be taken for a host, nor a % in it for an escape.
  markdown.normalizeLink = (url) => (ADDRESS.test(url) ? url : normalize(url));
  markdown.linkify.add('rucio:', { validate: (text, at) => BARE.exec(text.slice(at, at + 600))?.[0].replace(LAST_MARKS, '').length ?? 0 });
  const { rules } = markdown.renderer;
  const before = rules.link_open;
  rules.link_open = (tokens, index, options, env, self) => {
    const link = tokens[index];
    const address = link?.attrGet('href') ?? '';
    if (link && ADDRESS.test(address)) {
      link.attrSet('data-rucio-did', address);
      link.attrSet('title', link.attrGet('title') ?? `Reveal ${address.replace(ADDRESS, '')} in Explore`);
      // Where the folder is not trusted, addresses of unknown kinds are taken out of what is shown.
      link.attrSet('href', '#');
    }
    return before ? before(tokens, index, options, env, self) : self.renderToken(tokens, index, options);
  };
}
