// Variables of terminals: the machine's own first unless a person chose, and nothing of ours taken for the machine's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OWN_VARIABLES, podEnvironment } from '../../../src/client/environment.ts';
import { programLines } from '../../../src/ui/terminal/section.ts';
import { offered } from '../../../src/ui/terminal/variables.ts';

const variables = { RUCIO_CONFIG: '/state/rucio.cfg', RUCIO_ACCOUNT: 'alice', RUCIO_AUTH_TYPE: 'oidc', RUCIO_VO: 'escape', OAUTH2_TOKEN: 'FILE:/tmp/eos' };
const ours = { ...variables, [OWN_VARIABLES]: 'RUCIO_CONFIG,RUCIO_ACCOUNT,RUCIO_AUTH_TYPE,RUCIO_VO,OAUTH2_TOKEN' };

test('what the machine sets stays, as a whole where it belongs together; a choice comes first', () => {
  assert.deepEqual(offered({ variables }, { HOME: '/h' }, false), { left: [], variables: ours });
  assert.deepEqual(offered({ variables }, { RUCIO_CONFIG: '/site/rucio.cfg' }, false), { left: ['RUCIO_CONFIG'], variables: { OAUTH2_TOKEN: 'FILE:/tmp/eos', [OWN_VARIABLES]: 'OAUTH2_TOKEN' } });
  const { RUCIO_VO: _, ...rest } = variables;
  assert.deepEqual(offered({ variables }, { RUCIO_VO: 'site' }, false), { left: ['RUCIO_VO'], variables: { ...rest, [OWN_VARIABLES]: Object.keys(rest).join(',') } });
  assert.deepEqual(offered({ variables }, { RUCIO_CONFIG: '/site/rucio.cfg', RUCIO_ACCOUNT: 'site' }, true), { left: [], variables: ours });
  assert.deepEqual(offered({ variables: {} }, { RUCIO_CONFIG: '/x' }, false), { left: [], variables: {} });
});

test('a window or a command that was started in a terminal of ours does not take ours for the machine\'s', () => {
  assert.deepEqual(offered({ variables }, ours, false), { left: [], variables: ours });
  assert.deepEqual(podEnvironment({ ...ours, RUCIO_BASE_URL: 'https://rucio.example', HOME: '/none' }, []), { RUCIO_BASE_URL: 'https://rucio.example', HOME: '/none' });
});

test('Show Configuration says as whom, what was left alone, and where programs are', () => {
  const environment = { instance: 'lake', displayName: 'Lake', account: 'alice', variables, problems: ['EOS has no token.'] };
  const lines = programLines({ enabled: true, environment, ...offered({ variables }, { RUCIO_ACCOUNT: 'site' }, false) }, [
    { name: 'rucio', path: '/opt/rucio/bin/rucio', by: 'known places', looked: [] }, { name: 'xrdcp', looked: ['the log-in shell /bin/bash: not found', '/usr/bin'] },
  ]);
  assert.match(lines[0] ?? '', /^Terminals are signed in as alice at Lake, as far as this machine lets them\.$/);
  assert.ok(lines.some((line) => line.startsWith('left alone: RUCIO_ACCOUNT')));
  assert.ok(lines.includes('EOS has no token.'));
  assert.ok(lines.includes('rucio: /opt/rucio/bin/rucio (by known places)'));
  assert.ok(lines.some((line) => line.startsWith('xrdcp: not found. Looked in: the log-in shell /bin/bash: not found; /usr/bin.')));
});
