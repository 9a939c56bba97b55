// The short look before *Make Available*: one item to press Enter on, with what it costs below it. The item stands there
// at once; an Enter that comes before the numbers counts when they hold no surprise.
import * as vscode from 'vscode';
import { toFailure } from '../failures.ts';
import * as protocol from '../../protocol.ts';
import type { Instance, MakeAvailablePreview } from '../../protocol.ts';
import { commands } from '../contributions.ts';
import type { DidRef, UiContext } from '../context.ts';
import { didText } from '../explorer/words.ts';
import { withoutIcons } from '../plain.ts';
import { offerText, type PreviewWords, previewWords } from './preview.ts';

export interface Confirmed {
  /** In the order of `dids`. */
  readonly previews: readonly MakeAvailablePreview[];
}

const ENTER = 'Press Enter to make it available, Escape to leave';

interface Item extends vscode.QuickPickItem {
  readonly choose: 'go' | 'leave' | 'showRule';
}

/** `dids` are of one instance, at least one. undefined = left, or a failure that has been shown. */
export async function confirmMakeAvailable(ui: UiContext, instance: Instance | undefined, dids: readonly DidRef[]): Promise<Confirmed | undefined> {
  const pick = vscode.window.createQuickPick<Item>();
  const abort = new AbortController();
  const [first] = dids;
  pick.title = dids.length === 1 && first ? withoutIcons(`Make Available: ${didText(first)}`) : `Make Available: ${dids.length} DIDs`;
  pick.placeholder = ENTER;
  pick.busy = true;
  pick.items = [{ label: offerText(instance?.destinationRse, instance?.ruleLifetimeDays ?? null, dids.length), detail: 'Looking up size and quota…', choose: 'go' }];

  let words: PreviewWords | undefined;
  let previews: readonly MakeAvailablePreview[] = [];
  let early = false;
  const looking = look(ui, dids, abort.signal);
  try {
    // The service may have to ask who this is: its box would close ours, which would read as "no".
    if (first && ui.sessions.get(first.instance)?.state !== 'signedIn') await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: 'Looking up size and quota' }, () => looking);
    return await new Promise<Confirmed | undefined>((resolve, reject) => {
      pick.onDidHide(() => resolve(undefined));
      pick.onDidAccept(() => {
        // For a moment after a change of the items, the active one is still of those before: an Enter on that means neither.
        const chosen = pick.activeItems.find((item) => pick.items.includes(item));
        if (!words) {
          early = true;
          pick.placeholder = 'Going on as soon as size and quota are known…';
        } else if (chosen?.choose === 'go') {
          resolve({ previews });
        } else if (chosen?.choose === 'showRule' && words.existingRule !== undefined && first) {
          void vscode.commands.executeCommand(commands.showRule, { instance: first.instance, ruleId: words.existingRule });
          resolve(undefined);
        } else if (chosen) {
          resolve(undefined);
        }
      });
      pick.show();
      looking.then((found) => {
        previews = found;
        words = previewWords(found);
        if (early && !words.obstacle) return resolve({ previews });
        pick.busy = false;
        pick.placeholder = words.obstacle === undefined ? ENTER : 'Rucio refuses what is over the quota: press Enter to leave';
        pick.items = itemsOf(words);
      }).catch(reject);
    });
  } catch (error) {
    pick.hide();
    const failure = toFailure(error);
    await ui.showFailure(failure, { ...(first ? { instance: first.instance } : {}), retry: () => vscode.commands.executeCommand(commands.makeAvailable, first, dids) });
    return undefined;
  } finally {
    abort.abort();
    pick.dispose();
  }
}

/** One after another: a preview is several calls to Rucio, and a person waits for the sum anyway. */
async function look(ui: UiContext, dids: readonly DidRef[], signal: AbortSignal): Promise<[MakeAvailablePreview, ...MakeAvailablePreview[]]> {
  const [first, ...others] = dids;
  if (!first) throw new Error('There is no DID to look at.');
  const one = ({ instance, scope, name }: DidRef) => ui.client.request(protocol.previewMakeAvailable, { instance, did: { scope, name } }, signal);
  const previews: [MakeAvailablePreview, ...MakeAvailablePreview[]] = [await one(first)];
  for (const did of others) previews.push(await one(did));
  return previews;
}

/** The first item is the one that Enter takes: with too little quota that is the way out, not the way on. */
function itemsOf({ offer, facts, obstacle, existingRule }: PreviewWords): Item[] {
  const rule: Item[] = existingRule === undefined ? [] : [{ label: '$(go-to-file) Show that rule', choose: 'showRule' }];
  if (!obstacle) return [{ label: offer, detail: withoutIcons(facts), choose: 'go' }, ...rule];
  return [
    { label: `$(circle-slash) ${obstacle}`, detail: facts, choose: 'leave' },
    { label: 'Ask all the same', detail: `${offer}: Rucio decides.`, choose: 'go' },
    ...rule,
  ];
}
