// The configuration as a text: names from hostile files stay in their line.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Configuration } from '../../../src/protocol.ts';
import { configurationDocument } from '../../../src/ui/configuration/document.ts';

const CONFIGURATION: Configuration = {
  readAt: 0,
  sources: [{ name: 'setting rucio.instances', state: 'empty' }],
  instances: [{
    name: 'a\nfrom elsewhere', displayName: 'A\u2028\u202eB', origin: 'test', values: [{ key: 'name', value: 'a\n  token = x', source: 'test' }], ignored: [{ key: 'vo', value: 'v', source: 'cfg', why: 'test is stronger' }],
    ready: [{ place: '/tmp/t', state: 'set' }], session: { instance: 'a', state: 'signedIn', account: 'alice', method: 'hub', expiresAt: 1000 }, proxy: 'none', certificates: 'system',
  }],
  problems: [{ source: 'x', problem: 'y' }],
  notes: [],
};

it('shows each fact in a line of its own', () => {
  const lines = configurationDocument(CONFIGURATION).split('\n');
  assert.equal(lines.length, 19);
  for (const line of ['  1. setting rucio.instances: empty', 'Instance A  B (a from elsewhere)', '  name = a   token = x    [test]', '  ignored: vo = v    [cfg]: test is stronger', '    /tmp/t: set', '  x: y']) assert.ok(lines.includes(line), line);
  assert.ok(lines.some((line) => /^ {2}Signed in to A .*B as alice with a token of the hub, until 1970-01-01T00:00:01/.test(line)));
  assert.match(configurationDocument({ ...CONFIGURATION, instances: [], problems: [] }), /No instance\.\n$/);
});
