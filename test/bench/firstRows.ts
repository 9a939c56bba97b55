// From nothing to the first rows, with a good token in place as in a pod: against what Rucio's own client needs to say who
// one is. Once without the editor's own work (the lake service is started, takes the token, asks), once as a person sees it.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { packageVsix } from '../../scripts/package.ts';
import { podEnvironment } from '../../src/client/environment.ts';
import * as protocol from '../../src/protocol.ts';
import { startBrowser } from '../support/host/browser.ts';
import { startCodeServer } from '../support/host/server.ts';
import { serviceAddress } from '../support/host/journey.ts';
import { disappears } from '../support/host/waiting.ts';
import { openWorkbench } from '../support/host/workbench.ts';
import { run } from '../support/install.ts';
import type { LakeInfo } from '../support/lake/info.ts';
import { podIn, podToken } from '../support/pod.ts';
import { type TestClient, testService, type TestService } from '../support/service.ts';
import { type Benchmark, inTurns, seconds } from './benchmark.ts';
import { rucioCli } from './rivals.ts';
import { atEnd, built, lake } from './surroundings.ts';

const ROUNDS = 7;
const AGAINST = 'rucio whoami, its token in place';

/** A start as every one but the first: what V8 compiled of the program lies in its state folder, as Python's lies beside rucio's; and whom the token is for. */
export const firstRows: Benchmark = {
  name: 'first-rows', what: 'no service runs, a token file that one before used, too: to the scopes of mine (service started, token taken, answer)', against: AGAINST, aim: 0.3, unit: 's',
  run: () => inPod(async (env, theirs) => {
    const service = kept();
    const start = async (): Promise<number> => {
      const client = service.client({ env });
      const took = await scopesOfMine(client);
      await service.end(client);
      return took;
    };
    await start();
    return inTurns(ROUNDS, start, theirs);
  }),
};

export const firstRowsEver: Benchmark = {
  name: 'first-rows-ever', what: 'the same at the very first start on a machine: the program is copied and compiled, the token checked', against: AGAINST, aim: 1, unit: 's',
  run: () => inPod((env, theirs) => inTurns(ROUNDS, async () => {
    const service = testService();
    try {
      return await scopesOfMine(service.client({ env }));
    } finally {
      await service.stop();
    }
  }, theirs)),
};

export const firstRowsNext: Benchmark = {
  name: 'first-rows-next', what: 'another window or terminal where the service runs: connected, to the scopes of mine', against: AGAINST, aim: 0.3, unit: 's',
  run: () => inPod(async (env, theirs) => {
    const service = kept();
    await scopesOfMine(service.client({ env }));
    return inTurns(ROUNDS, () => scopesOfMine(service.client({ env })), theirs);
  }),
};

type Samples = Awaited<ReturnType<typeof inTurns>>;

/** With the variables of a pod whose token file is there, and `rucio whoami` in the same pod. */
async function inPod(work: (env: Readonly<Record<string, string>>, theirs: () => Promise<number>) => Promise<Samples>): Promise<Samples> {
  await built();
  const info = await lake();
  return work(podEnvironment(await podWithToken(info), []), await whoami(info));
}

/** Until the end of all. */
function kept(): TestService {
  const service = testService();
  atEnd(() => service.stop());
  return service;
}

/** s. */
function scopesOfMine(client: TestClient): Promise<number> {
  return seconds(async () => {
    const scopes = await client.request(protocol.listScopes, { instance: 'escape', mine: true });
    if (!scopes.includes('user.alice')) throw new Error(`no scope of alice's: ${scopes.join()}`);
  });
}

export const firstRowsWindow: Benchmark = {
  name: 'first-rows-window', what: 'in code-server, from the click on Rucio to the tree with the account in it (activation, service started, painted)', against: AGAINST, aim: 1, unit: 's',
  run: async () => {
    const info = await lake();
    const server = await startCodeServer({ version: 'current', vsix: await packageVsix(), machineSettings: {}, env: await podWithToken(info) });
    try {
      const browser = await startBrowser();
      try {
        return await inTurns(ROUNDS, async () => {
          const running = serviceAddress(server);
          if (running) {
            process.kill(running.pid, 'SIGTERM');
            while (serviceAddress(server) !== undefined) await new Promise((resolve) => { setTimeout(resolve, 50); });
          }
          const profile = await browser.profile();
          try {
            const workbench = await openWorkbench(profile, server.folderUrl(server.userDataDir));
            // What the window does at its start is over; a list beside it shows that the host is there.
            const rows = workbench.page.locator('.runtime-extensions-editor .extension');
            await workbench.runCommand('Developer: Show Running Extensions');
            await rows.first().waitFor();
            await workbench.until('the list is closed', async () => {
              await workbench.page.keyboard.press('Escape');
              return await disappears(rows.first(), 500);
            });
            const signedIn = workbench.page.locator('.pane-body .monaco-list-row', { hasText: 'ESCAPE' }).filter({ hasText: 'alice' });
            return await seconds(async () => {
              await workbench.page.locator('.activitybar .action-label[aria-label^="Rucio"]').first().click();
              await signedIn.first().waitFor();
            });
          } finally {
            await profile.close();
          }
        }, await whoami(info));
      } finally {
        await browser.close();
      }
    } finally {
      await server.stop();
    }
  },
};

async function podWithToken(info: LakeInfo): Promise<Record<string, string>> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-pod-'));
  atEnd(async () => fs.rmSync(home, { recursive: true, force: true }));
  const pod = podIn(home, info);
  pod.renew(await podToken(info, 36_000));
  const { HOME: _home, PATH: _path, ...env } = pod.env;
  return env;
}

async function whoami(info: LakeInfo): Promise<() => Promise<number>> {
  const { program, env } = await rucioCli(info);
  return () => seconds(async () => {
    const said = await run(program, ['whoami'], { env });
    if (!/alice/.test(said)) throw new Error(`rucio whoami said: ${said}`);
  });
}
