// Where the service lives: names on every platform, and folders that are ours alone.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { ServiceFailure } from '../../../src/client/client.ts';
import { choosePlace, privateFolder, readKey } from '../../../src/client/place.ts';

const linux = { platform: 'linux' as const, env: {}, home: '/home/alice', hostname: 'pod-1', tmp: '/tmp', uid: 1000 };

test('the state lies in XDG_STATE_HOME by host, the socket in XDG_RUNTIME_DIR', () => {
  const place = choosePlace({ ...linux, env: { XDG_STATE_HOME: '/s', XDG_RUNTIME_DIR: '/run/user/1000' } });
  assert.equal(place.state, '/s/rucio-datalake/pod-1');
  assert.match(place.socket, /^\/run\/user\/1000\/rucio-datalake\/[0-9a-f]{12}\.sock$/);
});

test('without these variables: below the home, and a short folder of the user below the temporary one', () => {
  const place = choosePlace(linux);
  assert.equal(place.state, '/home/alice/.local/state/rucio-datalake/pod-1');
  assert.match(place.socket, /^\/tmp\/rucio-1000\/[0-9a-f]{12}\.sock$/);
});

test('two homes never share a socket', () => {
  assert.notEqual(choosePlace(linux).socket, choosePlace({ ...linux, home: '/home/bob' }).socket);
});

test('a socket path never gets too long for the system', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', 'é', '/'), maxLength: 300 }), fc.string({ unit: fc.constantFrom('b', '/'), maxLength: 300 }), (tmp, runtime) => {
    const { socket } = choosePlace({ ...linux, tmp: `/${tmp}`, env: { XDG_RUNTIME_DIR: `/${runtime}` } });
    assert.ok(Buffer.byteLength(socket) <= 103, socket);
    assert.ok(path.posix.isAbsolute(socket));
  }));
});

test('on Windows: LOCALAPPDATA and a named pipe', () => {
  const place = choosePlace({ platform: 'win32', env: { LOCALAPPDATA: 'C:\\Users\\a\\AppData\\Local' }, home: 'C:\\Users\\a', hostname: 'PC', tmp: 'C:\\Temp', uid: undefined });
  assert.equal(place.state, 'C:\\Users\\a\\AppData\\Local\\rucio-datalake\\PC');
  assert.match(place.socket, /^\\\\\.\\pipe\\rucio-datalake-[0-9a-f]{12}$/);
});

test('a host name with odd characters stays one folder', () => {
  assert.equal(choosePlace({ ...linux, hostname: '../..' }).state, '/home/alice/.local/state/rucio-datalake/.._..');
});

test('a folder that is open to others is closed; a link or a file in its place is refused', () => {
  const base = fs.mkdtempSync(path.join(os.tmpdir(), 'place-'));
  try {
    const open = path.join(base, 'open');
    fs.mkdirSync(open, { mode: 0o755 });
    privateFolder(open);
    assert.equal(fs.statSync(open).mode & 0o777, 0o700);
    fs.symlinkSync(open, path.join(base, 'link'));
    assert.throws(() => privateFolder(path.join(base, 'link')), (error) => error instanceof ServiceFailure && /link/.test(error.failure.what));
    fs.writeFileSync(path.join(base, 'file'), '');
    assert.throws(() => privateFolder(path.join(base, 'file')), ServiceFailure);
  } finally {
    fs.rmSync(base, { recursive: true });
  }
});

if (process.getuid?.() === 0) test("another user's folder is refused", () => { // only root can make one
  const base = fs.mkdtempSync(path.join(os.tmpdir(), 'place-'));
  try {
    fs.mkdirSync(path.join(base, 'theirs'), { mode: 0o700 });
    fs.chownSync(path.join(base, 'theirs'), 12345, 12345);
    assert.throws(() => privateFolder(path.join(base, 'theirs')), (error) => error instanceof ServiceFailure && /another user/.test(error.failure.what));
  } finally {
    fs.rmSync(base, { recursive: true });
  }
});

test('the key is made once, is readable by us alone, and leaves nothing else', () => {
  const base = fs.mkdtempSync(path.join(os.tmpdir(), 'place-'));
  try {
    const key = readKey(base);
    assert.match(key, /^[0-9a-f]{64}$/);
    assert.equal(readKey(base), key);
    assert.deepEqual(fs.readdirSync(base), ['key']);
    assert.equal(fs.statSync(path.join(base, 'key')).mode & 0o777, 0o600);
  } finally {
    fs.rmSync(base, { recursive: true });
  }
});
