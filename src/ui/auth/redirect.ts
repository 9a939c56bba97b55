// Coming back from a provider's page to the editor: where that can be done, by which address, and what becomes of what
// comes. On a desktop the address is the same for everybody and can be registered; behind a hub it holds the user's name
// and the number of the request, and can't.
import * as vscode from 'vscode';
import type { ServiceClient } from '../../client/client.ts';
import { type Credentials, signInAnswer } from '../../protocol.ts';
import type { UiContext } from '../context.ts';

/** Where this window is. Tests have places of their own. */
export interface WindowPlace {
  readonly desktop: boolean;
  readonly remote: boolean;
  readonly uriScheme: string;
  /** {@link vscode.env.asExternalUri} */
  readonly external: (uri: vscode.Uri) => Thenable<vscode.Uri>;
}

const here = (): WindowPlace => ({
  desktop: vscode.env.uiKind === vscode.UIKind.Desktop, remote: vscode.env.remoteName !== undefined, uriScheme: vscode.env.uriScheme,
  external: (uri) => vscode.env.asExternalUri(uri),
});

const PATH = '/callback';

export class Redirect {
  readonly #extension: string;
  readonly #place: WindowPlace;

  constructor(extension: string, place = here()) {
    this.#extension = extension;
    this.#place = place;
  }

  /** The ways of signing in that this window can offer. */
  offered(methods: readonly Credentials['method'][]): readonly Credentials['method'][] {
    return methods.filter((method) => method !== 'code' || this.#possible);
  }

  /** `vscode://rucio.rucio-datalake/callback`, or null where a browser can't come back. */
  async address(): Promise<string | null> {
    if (!this.#possible) return null;
    const { uriScheme, external } = this.#place;
    const address = await external(vscode.Uri.from({ scheme: uriScheme, authority: this.#extension, path: PATH }));
    // VS Code adds the number of the window, which no provider can know; the service finds the sign-in by its state in any window.
    return address.scheme === uriScheme ? address.with({ query: '' }).toString(true) : null;
  }

  get #possible(): boolean {
    return this.#place.desktop && !this.#place.remote;
  }
}

/** What else an address of ours may be for, by its path. */
export type Routes = Readonly<Record<string, (query: string) => Promise<void>>>;

/** VS Code takes one handler of an extension. A sign-in's answer goes to the service: any page may open such an address, and what belongs to no sign-in is refused there. */
export function uriHandler(ui: { readonly client: Pick<ServiceClient, 'request'> } & Pick<UiContext, 'showFailure'>, routes: Routes = {}): vscode.UriHandler {
  return {
    handleUri: async ({ path, query }) => {
      try {
        if (path === PATH) await ui.client.request(signInAnswer, { query });
        else if (Object.hasOwn(routes, path)) await routes[path]?.(query);
      } catch (error) {
        await ui.showFailure(error);
      }
    },
  };
}
