// What is spoken with a client: over a socket, or with the window whose thread this is.
import type net from 'node:net';
import type { MessagePort } from 'node:worker_threads';
import { createMessageConnection, PortMessageReader, PortMessageWriter, SocketMessageReader, SocketMessageWriter } from 'vscode-jsonrpc/node';
import { serve } from './serve.ts';
import type { LakeService } from './service.ts';

export function serveSocket(peer: net.Socket, service: LakeService, key: string): void {
  serve(createMessageConnection(new SocketMessageReader(peer), new SocketMessageWriter(peer)), service, key);
}

export function servePort(port: MessagePort, service: LakeService): void {
  serve(createMessageConnection(new PortMessageReader(port), new PortMessageWriter(port)), service, '');
}
