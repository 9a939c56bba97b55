// Files with a token in them: whole or not at all, for this user alone, never through a link.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { ownFolder, removeSecretFile, writeSecretFile } from '../../../../src/lake/programs/secretFile.ts';
import { RucioError } from '../../../../src/rucio/errors.ts';

const mode = (file: string): string => (fs.statSync(file).mode & 0o777).toString(8);
const refused = (words: RegExp) => (error: unknown): boolean => {
  assert.ok(RucioError.is(error, 'configuration'), String(error));
  assert.match(error.message, words);
  assert.ok(!error.message.includes('secret'), 'it does not say the text');
  return true;
};

test('0600 whatever the mask and whatever was there; nothing else stays in the folder', async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'files-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'token');
  const before = process.umask(0);
  try {
    fs.writeFileSync(file, 'old', { mode: 0o644 });
    const open = fs.openSync(file, 'r');
    await writeSecretFile(file, 'secret one');
    assert.equal(fs.readFileSync(open, 'utf8'), 'old', 'who had it open reads the old one to its end');
    fs.closeSync(open);
  } finally {
    process.umask(before);
  }
  assert.deepEqual([fs.readFileSync(file, 'utf8'), mode(file), fs.readdirSync(folder)], ['secret one', '600', ['token']]);
  await Promise.all(['secret two', 'secret three'].map((text) => writeSecretFile(file, text)));
  assert.match(fs.readFileSync(file, 'utf8'), /^secret (two|three)$/);
  await removeSecretFile(file);
  await removeSecretFile(file);
  assert.deepEqual(fs.readdirSync(folder), []);
});

test('a link, a folder, a missing or a closed folder are refused by name', async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'files-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const at = (name: string): string => path.join(folder, name);
  fs.writeFileSync(at('target'), 'precious');
  fs.symlinkSync(at('target'), at('link'));
  fs.symlinkSync(at('gone'), at('dangling'));
  fs.mkdirSync(at('folder'));
  for (const [name, words] of [['link', /link is a link/], ['dangling', /dangling is a link/], ['folder', /folder is no file/], ['none/token', /none\/token can't be written \(ENOENT\)/]] as const) {
    await assert.rejects(writeSecretFile(at(name), 'secret'), refused(words));
  }
  await assert.rejects(removeSecretFile(at('link')), refused(/is a link/));
  assert.deepEqual([fs.readFileSync(at('target'), 'utf8'), fs.existsSync(at('gone'))], ['precious', false]);
});

test('a folder of our own: made, closed to others, or refused', async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'files-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  await ownFolder(path.join(folder, 'a', 'b'));
  assert.equal(mode(path.join(folder, 'a', 'b')), '700');
  fs.chmodSync(path.join(folder, 'a'), 0o755);
  await ownFolder(path.join(folder, 'a'));
  assert.equal(mode(path.join(folder, 'a')), '700');
  fs.symlinkSync(path.join(folder, 'a'), path.join(folder, 'link'));
  await assert.rejects(ownFolder(path.join(folder, 'link')), refused(/is a link or a file, not a folder/));
});

test('what belongs to another user is left alone', { skip: process.getuid?.() !== 0 && 'only the system\'s administrator can make such a file' }, async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'files-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'token');
  fs.writeFileSync(file, 'theirs');
  fs.chownSync(file, 12345, 12345);
  await assert.rejects(writeSecretFile(file, 'secret'), refused(/belongs to another user/));
  await assert.rejects(removeSecretFile(file), refused(/belongs to another user/));
  fs.chownSync(folder, 12345, 12345);
  await assert.rejects(ownFolder(folder), refused(/belongs to another user/));
  assert.equal(fs.readFileSync(file, 'utf8'), 'theirs');
});
