// `npm run lint`: package.json and the code agree. src/ui/contributions.ts holds the ids; the manifest must have the
// same, every command must be registered, and no other file of the code may write an id out.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import type { Check } from './problem.ts';

type Ids = Readonly<Record<string, string>>;
interface Contributions {
  [section: string]: Ids | string | undefined;
  commands: Ids;
  views: Ids;
  settings: Ids;
  contextKeys: Ids;
  colors?: Ids;
  walkthroughs?: Ids;
  authentication?: Ids;
  renderers?: Ids;
}
interface Clause { when?: string; enablement?: string }
interface Contributes {
  commands?: readonly (Clause & { command: string })[];
  viewsContainers?: Record<string, readonly { id: string }[]>;
  views?: Record<string, readonly (Clause & { id: string })[]>;
  viewsWelcome?: readonly (Clause & { view: string; contents: string })[];
  menus?: Record<string, readonly (Clause & { command?: string })[]>;
  keybindings?: readonly (Clause & { command: string })[];
  configuration?: Configuration | readonly Configuration[];
  colors?: readonly { id: string }[];
  authentication?: readonly { id: string }[];
  notebookRenderer?: readonly { id: string }[];
  walkthroughs?: readonly { id: string; steps: readonly (Clause & { description?: string; completionEvents?: readonly string[] })[] }[];
}
interface Configuration { properties?: Record<string, unknown> }

const CONTRIBUTIONS = 'src/ui/contributions.ts';
const OWN_ID = /(?<![\w.])rucio\.[A-Za-z][\w.]*/g;

/** @param root a folder with package.json and src/: the project, or a copy in which a test broke something */
export async function checkManifest(root: string): Promise<Check> {
  const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')) as { contributes?: Contributes; activationEvents?: readonly string[] };
  const code = await import(pathToFileURL(path.join(root, CONTRIBUTIONS)).href) as Contributions;
  const contributes = manifest.contributes ?? {};
  return {
    name: 'manifest = code',
    problems: [
      ...sameIds(contributes, code),
      ...knownIds(contributes, manifest.activationEvents ?? [], code),
      ...inSources(root, code),
    ],
  };
}

function sameIds(contributes: Contributes, code: Contributions): string[] {
  const configurations = [contributes.configuration ?? []].flat() as readonly Configuration[];
  const containers = Object.values(contributes.viewsContainers ?? {}).flat();
  const views = Object.values(contributes.views ?? {}).flat();
  return [
    ...differ('command', code.commands, (contributes.commands ?? []).map(({ command }) => command)),
    ...differ('view or view container', code.views, [...containers, ...views].map(({ id }) => id)),
    ...differ('setting', code.settings, configurations.flatMap(({ properties }) => Object.keys(properties ?? {}))),
    ...differ('colour', code.colors ?? {}, (contributes.colors ?? []).map(({ id }) => id)),
    ...differ('authentication provider', code.authentication ?? {}, (contributes.authentication ?? []).map(({ id }) => id)),
    ...differ('notebook renderer', code.renderers ?? {}, (contributes.notebookRenderer ?? []).map(({ id }) => id)),
    ...differ('walkthrough', code.walkthroughs ?? {}, (contributes.walkthroughs ?? []).map(({ id }) => id)),
  ];
}

function differ(what: string, code: Ids, manifest: readonly string[]): string[] {
  const ids = Object.values(code);
  const twice = [...ids, ...manifest].filter((id) => ids.filter((i) => i === id).length > 1 || manifest.filter((i) => i === id).length > 1);
  return [
    ...ids.filter((id) => !manifest.includes(id)).map((id) => `${what} ${id} is in ${CONTRIBUTIONS}, but not in package.json`),
    ...manifest.filter((id) => !ids.includes(id)).map((id) => `${what} ${id} is in package.json, but not in ${CONTRIBUTIONS}`),
    ...[...new Set(twice)].map((id) => `${what} ${id} is there twice`),
  ];
}

/** Also those that the manifest has no list of, as the types of webview panels. */
function allIds(code: Contributions): string[] {
  return Object.values(code).flatMap((section) => typeof section === 'object' ? Object.values(section) : []);
}

/** Everything in the manifest that only mentions an id must mention one that exists. */
function knownIds(contributes: Contributes, activationEvents: readonly string[], code: Contributions): string[] {
  const commands = Object.values(code.commands);
  const settings = Object.values(code.settings);
  const keys = Object.values(code.contextKeys);
  const names = allIds(code);
  const menus = Object.entries(contributes.menus ?? {}).flatMap(([menu, items]) => items.map((item) => ({ ...item, where: `menu ${menu}` })));
  const clauses: (Clause & { where: string })[] = [
    ...menus,
    ...(contributes.commands ?? []).map((c) => ({ ...c, where: `command ${c.command}` })),
    ...(contributes.keybindings ?? []).map((k) => ({ ...k, where: `key binding of ${k.command}` })),
    ...Object.values(contributes.views ?? {}).flat().map((v) => ({ ...v, where: `view ${v.id}` })),
    ...(contributes.viewsWelcome ?? []).map((w) => ({ ...w, where: `welcome of ${w.view}` })),
    ...(contributes.walkthroughs ?? []).flatMap(({ id, steps }) => steps.map((s) => ({ ...s, where: `walkthrough ${id}` }))),
  ];
  const inClauses = clauses.flatMap(({ where, when, enablement }) => [when, enablement].filter((c) => c !== undefined).flatMap((clause) => {
    const asked = [...clause.matchAll(/(config\.)?(?<![\w.])(rucio\.[A-Za-z][\w.]*)|config\.(rucio\.[\w.]+)/g)].map(([text]) => text);
    return asked.filter((text) => text.startsWith('config.') ? !settings.includes(text.slice('config.'.length)) : !names.includes(text))
      .map((text) => `${where}: "${clause}" asks for ${text}, which nobody sets`);
  }));
  const used = new Set(clauses.flatMap(({ when, enablement }) => [...`${when ?? ''} ${enablement ?? ''}`.matchAll(OWN_ID)].map(([id]) => id)));
  const links = [...(contributes.viewsWelcome ?? []).map(({ contents }) => contents), ...(contributes.walkthroughs ?? []).flatMap(({ steps }) => steps.map(({ description }) => description ?? ''))]
    .flatMap((text) => [...text.matchAll(/\(command:(rucio\.[\w.]+)/g)].map(([, id = '']) => id));
  return [
    ...inClauses,
    ...keys.filter((key) => !used.has(key)).map((key) => `context key ${key} is in ${CONTRIBUTIONS}, but no clause in package.json asks for it`),
    ...[...menus, ...contributes.keybindings ?? []].flatMap(({ command }) => command?.startsWith('rucio.') && !commands.includes(command) ? [`a menu or key binding names the command ${command}, which is not there`] : []),
    ...links.filter((id) => !commands.includes(id)).map((id) => `a welcome text or walkthrough names the command ${id}, which is not there`),
    ...activationEvents.flatMap((event) => event.match(OWN_ID) ?? []).filter((id) => !names.includes(id)).map((id) => `an activation event names ${id}, which is not there`),
  ];
}

/** Reads the code: which commands are registered, and which ids are written out where they should be named. */
function inSources(root: string, code: Contributions): string[] {
  const ids = new Set(allIds(code));
  const registered = new Set<string>();
  const written: string[] = [];
  for (const name of fs.globSync('src/**/*.ts', { cwd: root }).filter((file) => file !== path.normalize(CONTRIBUTIONS))) {
    const source = ts.createSourceFile(name, fs.readFileSync(path.join(root, name), 'utf8'), ts.ScriptTarget.Latest, true);
    const look = (node: ts.Node): void => {
      const key = registeredKey(node);
      if (key !== undefined) registered.add(key);
      // A view container's id is a plain word, so only ids with a point in them can be told from other texts.
      if (ts.isStringLiteralLike(node) && node.text.includes('.') && ids.has(node.text)) {
        written.push(`${name}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} writes ${node.text} out: take it from ${CONTRIBUTIONS}`);
      }
      ts.forEachChild(node, look);
    };
    look(source);
  }
  return [...Object.keys(code.commands).filter((key) => !registered.has(key)).map((key) => `command ${code.commands[key]} is never registered: no call of register…(commands.${key}, …)`), ...written];
}

/** `signIn` for `registerCommand(commands.signIn, …)` and `registerCommand(ui, commands.signIn, …)`, and for `[commands.signIn]: …` in a table of handlers. */
function registeredKey(node: ts.Node): string | undefined {
  if (ts.isCallExpression(node) && /(^|\.)register\w*$/.test(node.expression.getText())) return node.arguments.map(commandKey).find((key) => key !== undefined);
  if (ts.isComputedPropertyName(node)) return commandKey(node.expression);
  return undefined;
}

function commandKey(node: ts.Node | undefined): string | undefined {
  return node && ts.isPropertyAccessExpression(node) && node.expression.getText() === 'commands' ? node.name.text : undefined;
}
