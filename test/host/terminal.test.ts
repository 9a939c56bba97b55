// `datalake` in a real terminal of the editor: found by its name, and talking to the window's own service.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite, test } from 'mocha';
import * as vscode from 'vscode';
import type { ServiceStatus } from '../../src/protocol.ts';
import { windowClient } from './extensionUnderTest.ts';

suite('the terminal', () => {
  test('knows datalake, which answers for the service of this window', async () => {
    const { pid } = await (await windowClient()).welcome();
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'terminal-'));
    const answer = path.join(folder, 'status.json');
    const terminal = vscode.window.createTerminal({ name: 'datalake', shellPath: '/bin/bash', shellArgs: ['--norc', '--noprofile'] });
    try {
      terminal.sendText(`datalake status --json > ${answer}.part 2> ${answer}.error; mv ${answer}.part ${answer}`);
      for (let i = 0; i < 200 && !fs.existsSync(answer); i++) await sleep(100);
      const text = fs.readFileSync(answer, 'utf8');
      assert.notEqual(text, '', fs.readFileSync(`${answer}.error`, 'utf8'));
      const status = JSON.parse(text) as ServiceStatus;
      assert.equal(status.pid, pid);
      assert.deepEqual(status.clients.map((one) => one.client).sort(), ['terminal', 'window']);
    } finally {
      terminal.dispose();
      fs.rmSync(folder, { recursive: true });
    }
  });
});
