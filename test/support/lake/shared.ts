// One lake for all tests of a run: that of the environment variable LAKE_INFO (a file with the JSON of `up --json`), else
// a new one in a temporary folder, which ends with this process, however that ends.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { INFO_VARIABLE, readJson } from './folder.ts';
import type { LakeInfo } from './info.ts';
import { upLake } from './lake.ts';

let lake: Promise<LakeInfo> | undefined;

export function sharedLake(): Promise<LakeInfo> {
  lake ??= find();
  return lake;
}

async function find(): Promise<LakeInfo> {
  const file = process.env[INFO_VARIABLE];
  if (!file) return upLake({ dir: temporaryFolder(), boundTo: process.pid, temporary: true });
  const info = readJson<LakeInfo>(file);
  if (!info) throw new Error(`${INFO_VARIABLE} names ${file}, which is not there`);
  return info;
}

/** A new folder for a lake of a test. */
export function temporaryFolder(): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'rucio-lake-'));
  fs.chmodSync(dir, 0o755);
  return dir;
}
