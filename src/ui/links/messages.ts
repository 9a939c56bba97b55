// What the links of a notebook's Markdown cells tell the window. Types only: they live in the page that shows the notebook.

export interface LinkPressed {
  /** As it stands in the link, `rucio:` before it or not: anybody wrote it. */
  readonly did: string;
}
