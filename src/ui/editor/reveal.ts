// How a local file can be shown, which depends on where the window and the file are.

export interface Place {
  readonly inWorkspace: boolean;
  /** The window is VS Code's desktop program, not a browser. */
  readonly desktop: boolean;
  /** The files are on another machine than the window. */
  readonly remote: boolean;
}

/** `explorer`: the window's own; `desktop`: the system's file manager; `ask`: there is none that could show it. */
export function wayToReveal({ inWorkspace, desktop, remote }: Place): 'explorer' | 'desktop' | 'ask' {
  if (inWorkspace) return 'explorer';
  return desktop && !remote ? 'desktop' : 'ask';
}
