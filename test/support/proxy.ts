// A proxy as sites have them: forwards http, tunnels https, may want a password.
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';

export interface SiteProxy {
  readonly url: string;
  /** With the name and the password that it wants. */
  readonly withPassword: string;
  /** "GET http://…", "CONNECT host:port". */
  readonly seen: string[];
  close(): void;
}

/** All hosts lead to this machine; `forbidden.test` is not let through. */
export async function siteProxy({ password, tls }: { readonly password?: string | undefined; readonly tls?: { readonly key: string; readonly cert: string } | undefined } = {}): Promise<SiteProxy> {
  const seen: string[] = [];
  const allowed = (request: http.IncomingMessage): boolean => password === undefined || request.headers['proxy-authorization'] === `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;
  const forward: http.RequestListener = (request, response) => {
    seen.push(`${request.method} ${request.url}`);
    if (!allowed(request)) return void response.writeHead(407, { 'Proxy-Authenticate': 'Basic' }).end();
    const url = new URL(request.url ?? '');
    const { 'proxy-authorization': _, ...headers } = request.headers;
    request.pipe(http.request({ host: '127.0.0.1', port: url.port, path: url.pathname, method: request.method, headers }, (inner) => {
      response.writeHead(inner.statusCode ?? 0, inner.headers);
      inner.pipe(response);
    }));
  };
  const server = tls ? https.createServer(tls, forward) : http.createServer(forward);
  server.on('connect', (request, socket, head) => {
    seen.push(`CONNECT ${request.url}`);
    socket.on('error', () => undefined);
    if (!allowed(request)) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n');
    if (request.url?.startsWith('forbidden.test')) return void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
    const inner = net.connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      inner.write(head);
      inner.pipe(socket).pipe(inner);
    });
    inner.on('error', () => socket.destroy());
    socket.on('close', () => inner.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url, withPassword: password === undefined ? url : url.replace('//', `//me:${encodeURIComponent(password)}@`), seen,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
