// Text that a server or a name supplies, made harmless for the places where VS Code would read markup in it.

/** For MarkdownString. Every ASCII punctuation may be escaped; lines would start lists and headings, so they become spaces. */
export function escapeMarkdown(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[!-/:-@[-`{-~]/g, '\\$&');
}

/** For notifications, which make links of `[words](command:…)`, commands included. */
export function unlinked(text: string): string {
  return text.replaceAll('](', '] (');
}

/** For labels of pickers and the status bar, which make icons of `$(name)`. */
export function withoutIcons(text: string): string {
  return text.replaceAll('$(', '\\$(');
}
