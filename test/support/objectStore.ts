// Stands in for an object store (S3): takes a request only by an address that was signed for its method with the store's key (AWS Signature
// Version 4 in the query) and has not expired; a PUT is all or nothing; an ETag is the md5. It knows no HEAD by such an address, no MOVE, no token.
import { createHash, createHmac } from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

export interface ObjectStore {
  readonly port: number;
  /** By the path as it is asked for, decoded. */
  readonly objects: Map<string, Buffer>;
  /** `METHOD path`, the status, and whether a token or a certificate came along. */
  readonly seen: { readonly request: string; readonly status: number; readonly shown: boolean; readonly query: string }[];
  /** Answers to be given before all else; undefined = as ever. */
  answer: ((method: string, path: string) => number | undefined) | undefined;
  /** What becomes of a body on its way; undefined = nothing. */
  damage: ((path: string, body: Buffer) => Buffer) | undefined;
  close(): void;
}

export const STORE_KEY = { access_key: 'AKIATESTTESTTEST', secret_key: 'test/secret/key/of/the/store', signature_version: 's3v4', region: 'us-east-1' } as const;

export async function objectStore(tls: { readonly key: string; readonly cert: string }): Promise<ObjectStore> {
  const objects = new Map<string, Buffer>();
  const seen: ObjectStore['seen'] = [];
  const server = https.createServer({ key: fs.readFileSync(tls.key), cert: fs.readFileSync(tls.cert), requestCert: true, rejectUnauthorized: false }, async (request, response) => {
    const url = new URL(request.url!, `https://${request.headers.host}`);
    const at = decodeURIComponent(url.pathname);
    const peer = (request.socket as import('node:tls').TLSSocket).getPeerCertificate();
    const end = (status: number, headers: Readonly<Record<string, string>> = {}, body: Buffer | string = ''): void => {
      seen.push({ request: `${request.method} ${at}`, status, shown: request.headers.authorization !== undefined || Object.keys(peer).length > 0, query: url.search });
      response.writeHead(status, { 'Content-Length': String(Buffer.byteLength(body)), ...headers }).end(body);
    };
    const error = (status: number, code: string, message: string): void => end(status, { 'Content-Type': 'application/xml' }, `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message><SignatureProvided>${url.searchParams.get('X-Amz-Signature')}</SignatureProvided></Error>`);
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part as Buffer);
    } catch {
      return; // cut: nothing of it is there
    }
    const forced = store.answer?.(request.method!, at);
    if (forced !== undefined) return error(forced, 'Forced', 'The test says so');
    const refusal = refused(request.method!, url, request.headers.host!);
    if (refusal !== undefined) return error(403, 'AccessDenied', refusal);
    const object = objects.get(at);
    if (request.method === 'PUT') {
      const sent = Buffer.concat(parts);
      const body = store.damage?.(at, sent) ?? sent;
      objects.set(at, body);
      return end(200, { ETag: etag(body) });
    }
    if (request.method === 'DELETE') {
      objects.delete(at);
      return end(204);
    }
    if (!object) return error(404, 'NoSuchKey', 'The specified key does not exist.');
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    if (first === undefined) return end(200, { ETag: etag(object) }, object);
    if (Number(first) >= object.length) return end(416, { 'Content-Range': `bytes */${object.length}` });
    const until = Math.min(object.length, last === '' ? object.length : Number(last) + 1);
    end(206, { ETag: etag(object), 'Content-Range': `bytes ${first}-${until - 1}/${object.length}` }, object.subarray(Number(first), until));
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const store: ObjectStore = {
    port: (server.address() as AddressInfo).port, objects, seen, answer: undefined, damage: undefined,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return store;
}

const etag = (body: Buffer): string => `"${createHash('md5').update(body).digest('hex')}"`;

/** Why not; undefined = the signature is good for this (docs.aws.amazon.com, "Authenticating Requests: Using Query Parameters"). */
function refused(method: string, url: URL, host: string): string | undefined {
  const given = (name: string): string => url.searchParams.get(name) ?? '';
  if (given('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256') return 'Access Denied';
  const [id, day = '', region = '', service = '', last = ''] = given('X-Amz-Credential').split('/');
  if (id !== STORE_KEY.access_key || given('X-Amz-SignedHeaders') !== 'host') return 'The AWS access key ID you provided does not exist in our records.';
  const time = given('X-Amz-Date');
  const from = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Date.now() < from + Number(given('X-Amz-Expires')) * 1000)) return 'Request has expired';
  const encode = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = [...url.searchParams].filter(([name]) => name !== 'X-Amz-Signature').map(([name, value]) => `${encode(name)}=${encode(value)}`).sort().join('&');
  const path = decodeURIComponent(url.pathname).split('/').map(encode).join('/');
  const canonical = [method, path, query, `host:${host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', time, [day, region, service, last].join('/'), createHash('sha256').update(canonical).digest('hex')].join('\n');
  const key = [day, region, service, last].reduce<Buffer>((so, part) => createHmac('sha256', so).update(part).digest(), Buffer.from(`AWS4${STORE_KEY.secret_key}`));
  return createHmac('sha256', key).update(toSign).digest('hex') === given('X-Amz-Signature') ? undefined : 'The request signature we calculated does not match the signature you provided.';
}
