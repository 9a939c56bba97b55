// All that the service can do: a bundle of its own, which main.ts loads once it listens.
export { withoutSecrets } from '../lake/advice.ts';
export { servePort, serveSocket } from './peers.ts';
export { LakeService } from './service.ts';
