// Sums as bytes pass by, here and in threads, and what carries the bytes: from a file, into a file.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os, { availableParallelism } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import wabt from 'wabt';
import { Arriving } from '../../../../src/lake/transfers/arriving.ts';
import { ADLER32, OtherBytes, SMALL, Summing, SummingBehind } from '../../../../src/lake/transfers/checksums.ts';
import { piecesOf } from '../../../../src/lake/transfers/pieces.ts';
import { LocalSource } from '../../../../src/lake/transfers/source.ts';
import { adler32 } from '../../../support/adler32.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sums-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

const right = (bytes: Uint8Array) => ({ adler32: adler32(bytes), md5: createHash('md5').update(bytes).digest('hex') });

/** `expected` decides where: on the spot, or in a thread. */
async function summed(bytes: Uint8Array, cuts: readonly number[], expected: number): Promise<unknown> {
  const summing = new Summing(expected);
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = cuts[n % cuts.length]!;
    await summing.add(bytes.subarray(at, at + size));
    at += size;
  }
  assert.equal(summing.bytes, bytes.length);
  return summing.sums();
}

test('what sums adler32 is assembled from its source', async () => {
  const source = path.join(import.meta.dirname, '../../../../src/lake/transfers/adler32.wat');
  const module = (await wabt()).parseWat(source, fs.readFileSync(source, 'utf8'), { simd: true });
  assert.equal(Buffer.from(module.toBinary({}).buffer).toString('base64'), ADLER32.toString('base64'));
});

test('sums of pieces are those of the whole, however it is cut, here and in a thread', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 20_000 }), fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1 }), fc.constantFrom(0, SMALL + 1), async (bytes, cuts, expected) => {
    assert.deepEqual(await summed(bytes, cuts, expected), right(bytes));
  }));
  // The largest sums there can be, at each length around a block and around the room that a program has.
  for (const length of [31, 32, 33, 5535, 5536, 5537, 131_071, 131_072, 131_073, 3_000_000]) {
    const worst = Buffer.alloc(length, 255);
    assert.deepEqual(await summed(worst, [length], length), right(worst), `${length}`);
  }
});

test('many files at once, some of them left: each has its own sums', async () => {
  const files = Array.from({ length: 12 }, () => randomBytes(SMALL * 3));
  const sums = await Promise.all(files.map(async (bytes, n) => {
    if (n % 3 > 0) return summed(bytes, [70_000 + n], bytes.length);
    const summing = new Summing(bytes.length);
    await summing.add(bytes.subarray(0, 1000));
    await summing.leave();
    await summing.leave();
    return undefined;
  }));
  assert.deepEqual(sums, files.map((bytes, n) => (n % 3 > 0 ? right(bytes) : undefined)));
});

test('whoever leaves sums is told when that is done, also when the program has nothing else to do', () => {
  const module = path.join(import.meta.dirname, '../../../../src/lake/transfers/checksums.ts');
  const program = `const { Summing } = await import(${JSON.stringify(module)}); await new Summing(1e9).leave(); console.log('left');`;
  assert.equal(execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', program], { encoding: 'utf8' }), 'left\n');
});

test('a file is read once, piece by piece, and its sums are those of what was given', async () => {
  for (const size of [0, 1, SMALL, SMALL + 1, (1 << 20) - 1, 1 << 20, 9_500_003]) {
    const file = path.join(folder, `source-${size}`);
    const bytes = randomBytes(size);
    fs.writeFileSync(file, bytes);
    const moved: number[] = [];
    const source = new LocalSource({ path: file, bytes: size, mtime: Math.round(fs.statSync(file).mtimeMs) }, (so) => moved.push(so));
    for (let again = 0; again < 2; again++) {
      const got: Buffer[] = [];
      for await (const piece of source.read()) got.push(Buffer.from(piece)); // its memory is used again
      assert.ok(Buffer.concat(got).equals(bytes));
      assert.deepEqual(await source.sums, right(bytes));
      assert.equal(moved.at(-1), size);
    }
  }
});

describe('sums that come after the bytes', () => {
  const SIZE = 70_000_001; // large enough, and no multiple of anything
  const file = path.join(folder, 'behind');
  const bytes = randomBytes(SIZE);
  const mtime = 1_700_000_000_000;
  const write = (): void => {
    fs.writeFileSync(file, bytes);
    fs.utimesSync(file, mtime / 1000, mtime / 1000);
  };
  const source = (): LocalSource => new LocalSource({ path: file, bytes: SIZE, mtime }, () => undefined, { behind: true });
  const openHere = (): number => fs.readdirSync('/proc/self/fd').filter((fd) => fs.statSync(path.join('/proc/self/fd', fd), { throwIfNoEntry: false })?.ino === fs.statSync(file).ino).length;

  test('are those of the file, and it is closed then', async () => {
    write();
    const one = source();
    for (let again = 0; again < 2; again++) {
      const hash = createHash('md5');
      for await (const piece of one.read()) hash.update(piece);
      const { adler32: a, md5 } = (await one.sums)!;
      assert.deepEqual({ adler32: a, md5 }, right(bytes));
      assert.equal(hash.digest('hex'), md5);
      assert.equal(openHere(), 0);
    }
  });

  test('are never those of other bytes than were given, whatever the file\'s time says', async () => {
    fs.writeFileSync(file, bytes);
    const handle = await fs.promises.open(file);
    for (const other of [true, false]) {
      const given = Buffer.from(bytes.subarray(0, 3_000_000));
      if (other) given[2_999_999]! ^= 1;
      const summing = new SummingBehind(handle.fd);
      for (let at = 0; at < given.length; at += 1 << 20) await summing.add(given.subarray(at, at + (1 << 20)));
      if (other) await assert.rejects(summing.sums(), OtherBytes);
      else assert.deepEqual(await summing.sums(), right(given));
    }
    await handle.close();
  });

  test('of a file that was written to after its bytes had gone: it is said', async () => {
    write();
    const one = source();
    let at = 0;
    for await (const piece of one.read()) if ((at += piece.length) === SIZE) {
      fs.truncateSync(file, 0);
      fs.truncateSync(file, SIZE);
      fs.utimesSync(file, mtime / 1000, mtime / 1000); // as when a program has it in its memory: the time comes later
    }
    await assert.rejects(async () => one.sums, /changed while it was being uploaded: it was written to/);
    assert.equal(openHere(), 0);
  });

  test('are not made any more when nobody wants them', async () => {
    fs.writeFileSync(file, '');
    fs.truncateSync(file, 400 << 20); // sparse
    const end = new AbortController();
    const one = new LocalSource({ path: file, bytes: 400 << 20, mtime: Math.round(fs.statSync(file).mtimeMs) }, () => undefined, { behind: true, signal: end.signal });
    let at = 0;
    for await (const piece of one.read()) if ((at += piece.length) === 400 << 20) end.abort();
    await assert.rejects(async () => one.sums, /Cancelled/);
    assert.equal(openHere(), 0);
  });

  test('let others to their threads meanwhile', async () => {
    fs.writeFileSync(file, '');
    fs.truncateSync(file, 400 << 20); // sparse
    const handle = await fs.promises.open(file);
    const piece = Buffer.alloc(1 << 20);
    // Two on each thread.
    const behind = await Promise.all(Array.from({ length: 2 * Math.min(4, availableParallelism()) }, async () => {
      const one = new SummingBehind(handle.fd);
      for (let n = 0; n < 400; n++) void one.add(piece);
      return one;
    }));
    let over = 0;
    const all = behind.map(async (one) => {
      await one.sums();
      over++;
    });
    const other = new Summing(4 << 20);
    for (let n = 0; n < 4; n++) await other.add(piece);
    await other.sums();
    assert.equal(over, 0, 'they were waited for');
    await Promise.all(all);
    await handle.close();
  });

  test('whoever stops has it closed at once, and none of them', async () => {
    write();
    const one = source();
    for await (const piece of one.read()) if (piece.length > 0) break;
    assert.equal(one.sums, undefined);
    assert.equal(openHere(), 0);
  });

  test('what can\'t be read for them is a failure of this file, not of the next', async () => {
    const summing = new SummingBehind(1_000_000);
    await summing.add(Buffer.alloc(1000));
    await assert.rejects(summing.sums(), /EBADF/);
    assert.deepEqual(await summed(bytes.subarray(0, 1000), [1000], SMALL + 1), right(bytes.subarray(0, 1000)));
  });
});

test('the last bytes of a file that was written to meanwhile are not given: nobody has the whole of it', async () => {
  const file = path.join(folder, 'changes');
  for (const change of [() => fs.appendFileSync(file, 'more'), () => fs.truncateSync(file, 2_500_000), () => fs.writeFileSync(file, Buffer.alloc(3_000_000, 1)), () => fs.rmSync(file)]) {
    fs.writeFileSync(file, Buffer.alloc(3_000_000));
    fs.utimesSync(file, 1_700_000_000, 1_700_000_000);
    const source = new LocalSource({ path: file, bytes: 3_000_000, mtime: 1_700_000_000_000 }, () => undefined);
    let at = 0;
    await assert.rejects(async () => {
      for await (const piece of source.read()) {
        if (at === 0) change();
        at += piece.length;
      }
    }, /changed while it was being uploaded/);
    assert.ok(at < 3_000_000, `${at} bytes of it`);
    assert.equal(source.sums, undefined);
  }
});

test('whoever takes pieces slowly, or stops, has no other bytes than those of the file', async () => {
  const file = path.join(folder, 'slow');
  const bytes = randomBytes(8 << 20);
  fs.writeFileSync(file, bytes);
  const handle = await fs.promises.open(file);
  const summing = new Summing(bytes.length);
  let at = 0;
  for await (const piece of piecesOf(handle, 0, bytes.length, summing)) {
    const before = createHash('md5').update(piece).digest('hex');
    if (at % (3 << 20) === 0) await new Promise((resolve) => { setTimeout(resolve, 20); });
    assert.equal(createHash('md5').update(piece).digest('hex'), before);
    assert.ok(bytes.subarray(at, at + piece.length).equals(piece));
    if ((at += piece.length) > 5 << 20) break;
  }
  await summing.leave();
  await handle.close();
});

test('bytes that come in any chunks are in the file, in their places, also behind what was there', async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: 3_500_000 }), fc.integer({ min: 0, max: 3_500_000 }), fc.array(fc.integer({ min: 1, max: 1_500_000 }), { minLength: 1, maxLength: 5 }), fc.boolean(), async (size, some, cuts, shared) => {
    const kept = Math.min(some, size);
    const bytes = randomBytes(size);
    const file = path.join(folder, 'target');
    fs.writeFileSync(file, bytes.subarray(0, kept));
    const handle = await fs.promises.open(file, 'r+');
    const arriving = new Arriving(handle, size);
    await arriving.keep(kept);
    for (let at = kept, n = 0; at < size; n++) {
      const cut = cuts[n % cuts.length]!;
      const chunk = bytes.subarray(at, at + cut);
      const place = shared ? Buffer.from(new SharedArrayBuffer(chunk.length)) : Buffer.alloc(chunk.length);
      chunk.copy(place);
      await arriving.add(place);
      place.fill(0); // its memory is used again
      at = Math.min(size, at + cut);
      assert.equal(arriving.bytes, at);
    }
    await arriving.flush();
    assert.deepEqual(await arriving.sums(), right(bytes));
    await handle.close();
    assert.ok(fs.readFileSync(file).equals(bytes));
  }), { numRuns: 30 });
});

test('large chunks in memory that threads can see are written from where they lie, whatever came before them', async () => {
  const chunk = Buffer.from(new SharedArrayBuffer(1 << 20)).fill('abc');
  let written = Buffer.alloc(0);
  let inPlace = 0;
  const disk = { write: async (bytes: Buffer, from: number, length: number) => {
    written = Buffer.concat([written, bytes.subarray(from, from + length)]);
    if (bytes.buffer === chunk.buffer) inPlace += length;
    return { bytesWritten: length };
  } };
  const arriving = new Arriving(disk as unknown as fs.promises.FileHandle, 3 << 20);
  await arriving.add(Buffer.from('what came with the head'));
  for (let n = 0; n < 2; n++) await arriving.add(chunk);
  await arriving.add(Buffer.from('the end'));
  await arriving.flush();
  assert.deepEqual(await arriving.sums(), right(written));
  assert.ok(written.equals(Buffer.concat([Buffer.from('what came with the head'), chunk, chunk, Buffer.from('the end')])));
  assert.equal(inPlace, 2 << 20);
});

test('a disk that takes no more is said, at the latest at the end', async () => {
  const handle = await fs.promises.open('/dev/full', 'r+');
  const arriving = new Arriving(handle, 3 << 20);
  await assert.rejects(async () => {
    for (let n = 0; n < 3; n++) await arriving.add(Buffer.alloc(1 << 20));
    await arriving.flush();
  }, { code: 'ENOSPC' });
  await arriving.leave();
  await handle.close();
});

test('the disk begins long before the end, and what it could not keep is said', async () => {
  const piece = Buffer.alloc(1 << 20);
  const arrive = async (datasync: () => Promise<void>): Promise<number> => {
    let asked = 0;
    const disk = { write: async (_bytes: Buffer, _from: number, length: number) => ({ bytesWritten: length }), datasync: () => { asked++; return datasync(); } };
    const arriving = new Arriving(disk as unknown as fs.promises.FileHandle, 200 << 20, ['adler32']);
    try {
      for (let n = 0; n < 200; n++) await arriving.add(piece);
      await arriving.flush();
    } finally {
      await arriving.leave();
    }
    return asked;
  };
  assert.equal(await arrive(() => Promise.resolve()), 3);
  assert.equal(await arrive(() => new Promise((resolve) => { setTimeout(resolve, 500); })), 1, 'one after the other');
  await assert.rejects(arrive(() => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }))), { code: 'EIO' });
});

test('while 300 MB are summed the loop is free for others', async () => {
  const file = path.join(folder, 'large');
  fs.writeFileSync(file, Buffer.alloc(300 << 20, 'abc'));
  const source = new LocalSource({ path: file, bytes: 300 << 20, mtime: Math.round(fs.statSync(file).mtimeMs) }, () => undefined);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const busy = performance.eventLoopUtilization();
  for await (const piece of source.read()) void piece;
  const { utilization } = performance.eventLoopUtilization(busy);
  delay.disable();
  assert.ok(source.sums);
  // The machine may be busy with others; the loop itself has little to do. On the loop itself it would be all of the time.
  assert.ok(utilization < 0.5, `the loop was busy for ${Math.round(utilization * 100)} % of the time, longest ${Math.round(delay.max / 1e6)} ms`);
});
