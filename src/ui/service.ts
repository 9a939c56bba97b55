// The window's way to the lake service: how it is started, who answers its questions, what it is told. Nothing is started
// before the first request.
import * as vscode from 'vscode';
import { type ConnectionState, ServiceClient } from '../client/client.ts';
import { connectToService } from '../client/connect.ts';
import type { Place } from '../client/place.ts';
import { clientHandlers } from './auth/handlers.ts';
import { Redirect } from './auth/redirect.ts';
import { settings } from './contributions.ts';
import { hello } from './settings.ts';
import { Signal } from './signal.ts';

/** `connection` tells each change of the client's state. */
export function serviceOfWindow(extension: vscode.ExtensionContext, log: vscode.LogOutputChannel, place: Place): { readonly client: ServiceClient; readonly connection: Signal<ConnectionState> } {
  const connection = new Signal<ConnectionState>();
  const client = new ServiceClient({
    connect: connectToService({
      program: vscode.Uri.joinPath(extension.extensionUri, 'dist', 'service.cjs').fsPath,
      place,
      inWindow: () => vscode.workspace.getConfiguration().get<boolean>(settings.serviceInWindow) === true,
      log: (line) => log.info(line),
    }),
    handlers: clientHandlers(extension, log, new Redirect(extension.extension.id)),
    hello: () => hello(extension),
    onState: (state) => {
      log.debug(`lake service: ${state}`);
      connection.fire(state);
    },
  });
  return { client, connection };
}
