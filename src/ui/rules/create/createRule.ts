// *Create Rule…*: the whole of a replication rule, for one or several DIDs.
import type { UiContext } from '../../context.ts';
import { makeAvailable } from '../makeAvailable.ts';

export async function createRule(ui: UiContext, argument: unknown, selected: unknown): Promise<void> {
  await makeAvailable(ui, argument, selected);
}
