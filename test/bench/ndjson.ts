// Our reader of Rucio's streams against the least that can be done to have the same rows: decode, split at newlines,
// JSON.parse each line. The bare one checks nothing, but like ours it goes through the chunks as they come.
import { StringDecoder } from 'node:string_decoder';
import { NdjsonReader } from '../../src/rucio/ndjson.ts';
import { type Benchmark, inTurns, seconds } from './benchmark.ts';

const BYTES = 40e6;
/** The most that a socket of Node's hands over at one go. */
const CHUNK = 64 << 10;

export const ndjson: Benchmark = {
  name: 'ndjson', what: '40 MB of rows in chunks of 64 KiB through our reader', against: 'JSON.parse per line', aim: 1.25, unit: 'ms',
  run: async () => {
    const { chunks, lines } = searchRows();
    const timed = (read: (chunks: readonly Buffer[]) => number) => async () => 1000 * await seconds(() => {
      const rows = read(chunks);
      if (rows !== lines) throw new Error(`${read.name} found ${rows} rows in ${lines} lines.`);
    });
    return inTurns(11, timed(ours), timed(bare));
  },
};

function ours(chunks: readonly Buffer[]): number {
  const reader = new NdjsonReader('a benchmark');
  let rows = 0;
  for (const chunk of chunks) for (const batch of reader.push(chunk)) rows += batch.length;
  return rows + reader.end().length;
}

function bare(chunks: readonly Buffer[]): number {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let rows = 0;
  for (const chunk of chunks) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (JSON.parse(line) !== undefined) rows++;
  }
  return rows;
}

/** Rows as GET /dids/…/dids/search?long=true has them (rucio 41), of names as communities have them. */
function searchRows(): { chunks: Buffer[]; lines: number } {
  const text: string[] = [];
  for (let bytes = 0; bytes < BYTES;) {
    const i = text.length;
    const file = i % 50 > 0;
    const name = file ? `mc23_13p6TeV.${801_000 + i % 997}.Py8EG_A14_jets.deriv.DAOD_PHYS.e8514_s4162_r14622_p5855._${String(i).padStart(6, '0')}.pool.root.1` : `mc23_13p6TeV.ds.${i}`;
    const row = `{"scope": "mc23_13p6TeV", "name": "${name}", "did_type": "${file ? 'FILE' : 'DATASET'}", "bytes": ${file ? i * 7919 % 4e9 : 'null'}, "length": ${file ? 1 : 'null'}}\n`;
    text.push(row);
    bytes += row.length;
  }
  const all = Buffer.from(text.join(''));
  return { chunks: Array.from({ length: Math.ceil(all.length / CHUNK) }, (_, i) => all.subarray(i * CHUNK, (i + 1) * CHUNK)), lines: text.length };
}
