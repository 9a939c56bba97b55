// A style sheet that a page imports: the bundler puts it beside the page's script.
declare module '*.css';
