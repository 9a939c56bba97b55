// The extension as it runs in this host, for tests: they are bundled apart from it, so its classes are not theirs.
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { ServiceClient } from '../../src/client/client.ts';
import type { ForTests } from '../../src/extension.ts';
import type { Failure } from '../../src/protocol.ts';

export function extensionUnderTest(): vscode.Extension<ForTests> {
  return vscode.extensions.getExtension<ForTests>('rucio.rucio-datalake') ?? assert.fail('the extension is not there');
}

/** The window's own client. vscode-jsonrpc tells its request types by identity: those of our copy are sent by their names. */
export async function windowClient(): Promise<ServiceClient> {
  const { client } = await extensionUnderTest().activate();
  const adapted: Pick<ServiceClient, 'request' | 'stream' | 'welcome' | 'on'> = {
    request: (type, params, signal) => client.request(type.method as never, params, signal),
    stream: (type, partial, params, onItems, options) => client.stream(type.method as never, partial, params, onItems, options),
    welcome: () => client.welcome(),
    on: (type, handler) => client.on(type, handler),
  };
  return adapted as ServiceClient;
}

/** For assert.rejects: a failure of the service's of this kind, whichever bundle's class it is. */
export function failsWith(kind: Failure['kind'], withoutText?: string): (error: unknown) => boolean {
  return (error) => {
    const found = error instanceof Error && 'failure' in error ? error.failure as Failure : undefined;
    assert.equal(found?.kind, kind, String(error));
    if (withoutText !== undefined) assert.ok(!JSON.stringify(found).includes(withoutText), 'the failure holds what it must not');
    return true;
  };
}
