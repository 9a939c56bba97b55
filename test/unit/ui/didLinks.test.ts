// Links to DIDs in a notebook's Markdown: what they make of the editor's markdown-it (here as much of it as they use), and what a click tells.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import fc from 'fast-check';
import { pressedDid } from '../../../src/ui/links/address.ts';
import { root } from '../../support/install.ts';

type Listener = (event: object) => void;

/** Stands in for an element of the page. */
class Element {
  readonly dataset: Readonly<Record<string, string>>;
  constructor(dataset: Readonly<Record<string, string>>) { this.dataset = dataset; }
}

class Token {
  readonly attributes: Map<string, string>;
  constructor(href: string) { this.attributes = new Map([['href', href]]); }
  attrGet(name: string): string | null { return this.attributes.get(name) ?? null; }
  attrSet(name: string, value: string): void { this.attributes.set(name, value); }
}

describe('links to DIDs in Markdown', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'did-links-'));
  const told: unknown[] = [];
  let alone: (text: string, at: number) => number = () => 0;
  const markdown = {
    normalizeLink: (url: string): string => `normal ${url}`,
    linkify: { add: (schema: string, rule: { validate: typeof alone }) => { if (schema === 'rucio:') alone = rule.validate; } },
    renderer: { rules: { link_open: (tokens: readonly Token[], index: number): string => `before ${tokens[index]?.attrGet('href')}` } },
  };
  let click: Listener = () => assert.fail('nobody listens');

  before(async () => {
    const outfile = path.join(folder, 'didLinks.mjs');
    await esbuild.build({ absWorkingDir: root, bundle: true, entryPoints: ['webview/didLinks/main.ts'], outfile, format: 'esm', platform: 'browser', logLevel: 'warning' });
    Object.assign(globalThis, { HTMLElement: Element, document: { addEventListener: (_: string, listener: Listener) => { click = listener; } } });
    const { activate } = await import(pathToFileURL(outfile).href) as { activate(context: object): Promise<void> };
    await activate({ getRenderer: async (id: string) => (id === 'vscode.markdown-it-renderer' ? { extendMarkdownIt: (extend: (of: typeof markdown) => void) => extend(markdown) } : undefined), postMessage: (message: unknown) => told.push(message) });
  });
  after(() => {
    for (const name of ['HTMLElement', 'document']) Reflect.deleteProperty(globalThis, name);
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const opened = (href: string): Token => {
    const token = new Token(markdown.normalizeLink(href));
    markdown.renderer.rules.link_open([token], 0);
    return token;
  };

  it('a name arrives as it stands in the link, whatever is in it', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).filter((text) => text.trim() === text && !/[\u0000-\u001f\u007f]/.test(text));
    fc.assert(fc.property(name, fc.constantFrom('rucio:', 'rucio://', 'RUCIO:'), (text, before) => {
      assert.deepEqual(pressedDid({ did: opened(`${before}test:${text}`).attrGet('data-rucio-did') }), { scope: 'test', name: text });
    }));
    const token = opened('rucio:test:ds');
    assert.deepEqual([token.attrGet('href'), token.attrGet('title')], ['#', 'Reveal test:ds in Explore']);
    assert.equal(markdown.renderer.rules.link_open([token], 0), 'before #');
  });

  it('other links are as they were', () => {
    for (const href of ['https://rucio.cern.ch/rucio:test:ds', 'rucio', 'rucio:', 'command:rucio.signIn', '#rucio:test:ds']) {
      const { attributes } = opened(href);
      assert.deepEqual([...attributes], [['href', `normal ${href}`]], href);
    }
  });

  it('alone in the text it ends where the sentence goes on', () => {
    const found = (text: string): string | undefined => {
      const at = text.indexOf('rucio:') + 'rucio:'.length;
      return text.slice(at, at + alone(text, at)) || undefined;
    };
    assert.equal(found('we took rucio:test:ds.raw, and more'), 'test:ds.raw');
    assert.equal(found('see rucio:test:ds.aod.'), 'test:ds.aod');
    assert.equal(found('(rucio://test:ds.far)!'), '//test:ds.far');
    for (const none of ['rucio:test', 'rucio: test:ds', 'rucio:', 'rucio::ds', `rucio:${'s'.repeat(70)}:ds`]) assert.equal(found(none), undefined, none);
  });

  it('a click on one is told, and goes no further; one elsewhere is left alone', () => {
    const done: string[] = [];
    const event = (...nodes: readonly unknown[]): object => ({ composedPath: () => nodes, preventDefault: () => done.push('prevented'), stopPropagation: () => done.push('stopped') });
    click(event(new Element({}), {}));
    assert.deepEqual([told, done], [[], []]);
    click(event(new Element({}), new Element({ rucioDid: 'rucio:test:ds' })));
    assert.deepEqual([told, done], [[{ did: 'rucio:test:ds' }], ['prevented', 'stopped']]);
  });
});
