// What the lake's own Node processes (provider, stand-in) are told at their start: etc/lake.json, written by config.ts.
import fs from 'node:fs';
import type { Ports } from './ports.ts';

export interface ProcessConfig {
  readonly dir: string;
  readonly host: string;
  readonly ports: Ports;
  readonly issuer: string;
  readonly idpModules: string;
}

export function readProcessConfig(): ProcessConfig {
  const file = process.argv[2];
  if (file === undefined) throw new Error(`usage: ${process.argv[1]} LAKE_JSON`);
  return JSON.parse(fs.readFileSync(file, 'utf8')) as ProcessConfig;
}
