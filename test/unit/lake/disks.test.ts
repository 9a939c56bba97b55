import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isLocal } from '../../../src/lake/disks.ts';

it('a disk of this machine is told from one of a network, on Linux', () => {
  const [ext4, nfs, cifs, fuse, ceph, lustre, afs] = [0xef53, 0x6969, 0xff534d42, 0x65735546, 0x00c36400, 0x0bd00bd0, 0x5346414f];
  assert.ok(isLocal('linux', ext4));
  for (const type of [nfs, cifs, fuse, ceph, lustre, afs, 0, undefined]) assert.ok(!isLocal('linux', type), String(type));
  // There the numbers mean something else.
  for (const platform of ['darwin', 'win32'] as const) assert.ok(!isLocal(platform, ext4));
});
