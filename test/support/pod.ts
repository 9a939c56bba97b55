// A user's home as a DLaaS pod has it: the hub's token file and the variables that the images of a data lake set
// (dlaas.md §2). The JWTs are the lake's real provider's.
import fs from 'node:fs';
import path from 'node:path';
import { secure } from './lake/client.ts';
import type { LakeInfo } from './lake/info.ts';

export interface Pod {
  readonly home: string;
  readonly tokenFile: string;
  readonly env: Record<string, string>;
  /** Below the home, 0600; gives its path. */
  write(file: string, text: string): string;
  /** As the hub does it: a new file in the old one's place. */
  renew(token: string): void;
}

/** A token for `sub` that lasts so many seconds. */
export async function podToken(lake: LakeInfo, seconds: number, sub: 'alice' | 'bob' = 'alice'): Promise<string> {
  return (await secure(lake, `${lake.idp.token}?sub=${sub}&ttl=${seconds}`)).text.trim();
}

export function podIn(home: string, lake: LakeInfo): Pod {
  const tokenFile = path.join(home, 'tmp', 'rucio_oauth.token');
  const write = (file: string, text: string): string => {
    const full = path.join(home, file);
    fs.mkdirSync(path.dirname(full), { recursive: true });
    fs.writeFileSync(full, text, { mode: 0o600 });
    return full;
  };
  return {
    home, tokenFile, write,
    renew: (token) => fs.renameSync(write('tmp/fresh', token), tokenFile),
    env: {
      HOME: home, PATH: '/usr/bin', AWS_SECRET_ACCESS_KEY: 'not-for-us', JUPYTERHUB_USER: 'alice', SCRATCH: '/scratch/alice', OAUTH2_TOKEN: 'FILE:/tmp/eos_oauth.token', EOS_ACCESS_TOKEN: 'eos-not-for-us',
      RUCIO_MODE: 'replica', RUCIO_WILDCARD_ENABLED: '1', RUCIO_NAME: 'escape', RUCIO_DISPLAY_NAME: 'ESCAPE', RUCIO_SITE_NAME: 'CERN', RUCIO_BASE_URL: lake.rucio.https, RUCIO_AUTH_URL: lake.rucio.https, RUCIO_WEBUI_URL: 'https://webui.lake.test/', RUCIO_CA_CERT: lake.ca.file,
      RUCIO_DESTINATION_RSE: 'EULAKE-1', RUCIO_RSE_MOUNT_PATH: lake.rses['EULAKE-1'].mount ?? '', RUCIO_PATH_BEGINS_AT: '1', RUCIO_REPLICATION_RULE_LIFETIME_DAYS: '30', RUCIO_DEFAULT_AUTH_TYPE: 'oidc', RUCIO_DEFAULT_INSTANCE: 'escape',
      RUCIO_VOMS_ENABLED: '0', RUCIO_VOMS_VOMSES_PATH: '/etc/vomses', RUCIO_VOMS_CERTDIR_PATH: '/etc/grid-security/certificates', RUCIO_VOMS_VOMSDIR_PATH: '/etc/grid-security/vomsdir',
      RUCIO_OIDC_AUTH: 'file', RUCIO_OIDC_ENV_NAME: 'RUCIO_ACCESS_TOKEN', RUCIO_OIDC_FILE_NAME: tokenFile,
    },
  };
}
