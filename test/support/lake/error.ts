// A failure that a person can do something about.

/** The message is one sentence (a log excerpt may follow): shown without a stack. */
export class LakeError extends Error {
  override name = 'LakeError';
}
