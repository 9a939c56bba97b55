// Where lines of the page may end.
/** Long words of a server ("RequestErrMsg.TRANSFER_FAILED:TRANSFER…"): longer than what fits beside others at 300 px. */
const LONG = /\S{25,}/gu;
const JOINT = /(?<=[:_./,])(?=[^:_./,])/u;

/** The parts of a text between which a line may end besides at its spaces: the joints of long words. */
export function partsOf(text: string): string[] {
  let at = 0;
  const parts = [''];
  for (const { 0: word, index } of text.matchAll(LONG)) {
    const [first = '', ...more] = word.split(JOINT);
    parts[parts.length - 1] += text.slice(at, index) + first;
    parts.push(...more);
    at = index + word.length;
  }
  parts[parts.length - 1] += text.slice(at);
  return parts;
}
