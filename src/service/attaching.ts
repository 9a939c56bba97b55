// Attached DIDs of all instances of a client, made one program; their manifests lie in a folder of the service's state.
import path from 'node:path';
import { ResponseError } from 'vscode-jsonrpc/node';
import { unattached } from '../lake/attachments/attach.ts';
import { checkNames, codeOf } from '../lake/attachments/code.ts';
import { removeOldManifests } from '../lake/attachments/manifest.ts';
import { nameRules, proposeNames } from '../lake/attachments/names.ts';
import type { Attached, Attachment, AttachmentCode, NameRules } from '../lake/attachments/types.ts';
import { mapLimited } from '../lake/limited.ts';
import type { Lake } from '../lake/lake.ts';
import { refusal } from './refusal.ts';

const AT_ONCE = 3;

export interface AttachmentWish {
  readonly attachments: readonly Attachment[];
  readonly language: string;
  readonly quiet: boolean;
  /** Of the kernel: names and places, never a secret. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of the instance with this name, or that of the request. @throws a refusal */
  readonly lakeOf: (name: string | undefined) => Lake;
}

export class Attaching {
  readonly #folder: string | undefined;

  /** Nothing is written before it is asked for. */
  constructor(state: string | undefined) {
    this.#folder = state === undefined ? undefined : path.join(state, 'attachments');
  }

  async code({ attachments, language, quiet, environment, lakeOf }: AttachmentWish, signal: AbortSignal): Promise<AttachmentCode> {
    const folder = this.#folder;
    if (folder === undefined) throw refusal('The lake service in this window has no folder of its own for the facts of attached data.', 'Turn rucio.service.inWindow off.');
    checkNames(attachments, language);
    await removeOldManifests(folder);
    return codeOf(await mapLimited(attachments, AT_ONCE, (attachment): Promise<Attached> => {
      let lake: Lake;
      try {
        lake = lakeOf(attachment.instance);
      } catch (error) {
        // A notebook that came from elsewhere may name an instance that is not here; the others are attached all the same.
        if (attachment.instance === undefined || !(error instanceof ResponseError)) throw error;
        return unattached(attachment, error.message, folder);
      }
      return lake.attach(attachment, folder, { quiet }, signal);
    }), language, environment);
  }
}

export function namesFor(language: string, dids: readonly string[], taken: readonly string[]): NameRules & { readonly proposed: readonly string[] } {
  const rules = nameRules(language);
  return { ...rules, proposed: proposeNames(dids, rules, taken) };
}
