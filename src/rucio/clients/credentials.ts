// Addresses that are signed for a while: `/credentials/`.
import type { TokenCaller } from './caller.ts';

/** As the attribute `sign_url` of an RSE names them (rucio 41: common/constants.py). */
export const SIGNING_SERVICES = ['s3', 'gcs', 'swift'] as const;
export type SigningService = (typeof SIGNING_SERVICES)[number];

export type CredentialCalls = ReturnType<typeof credentialCalls>;

export function credentialCalls(caller: TokenCaller) {
  return {
    /**
     * The address with a signature for one operation, good for `lifetime` seconds: a secret. AccessDenied for accounts other than root and those
     * with the attribute `sign-url` (rucio 41: core/permission/generic.py).
     */
    async getSignedUrl(rse: string, url: string, { service, operation, lifetime }: { readonly service: SigningService; readonly operation: 'read' | 'write' | 'delete'; readonly lifetime: number }, signal?: AbortSignal): Promise<string> {
      return (await caller.text({ path: '/credentials/signurl', query: { rse, url, svc: service, op: operation, lifetime: String(lifetime) }, about: rse, signal })).trim();
    },
  };
}
