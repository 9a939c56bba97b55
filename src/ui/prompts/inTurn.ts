// Several questions one after the other, each with Back to the one before, and a last step that ends it or changes an answer
// and comes again: the way of *Create Rule…*, *Upload…* and *Download…*. Knows nothing of boxes.

export const BACK = Symbol('back');

export interface At { readonly step: number; readonly of: number }

/** The answers with this one in them; undefined = dismissed. `back`: there is a question before it. */
export type Question<A extends object> = (answers: A, at: At, back: boolean) => Promise<A | typeof BACK | undefined>;

/** `done`: that was all; else it is asked again, with these answers. */
export type LastStep<A extends object> = (answers: A, at: At) => Promise<{ readonly answers: A; readonly done: boolean } | typeof BACK | undefined>;

/** Begins at question `start`, the last step when there are not so many. undefined = dismissed. */
export async function askInTurn<A extends object>(questions: readonly Question<A>[], last: LastStep<A>, first: A, start = 0): Promise<A | undefined> {
  const of = questions.length + 1;
  let answers = first;
  for (let at = Math.min(start, questions.length); ;) {
    const question = questions[at];
    const where: At = { step: at + 1, of };
    const said = question ? await answered(question(answers, where, at > 0)) : await last(answers, where);
    if (said === undefined) return undefined;
    if (said === BACK) {
      at = Math.max(0, at - 1);
      continue;
    }
    ({ answers } = said);
    if (said.done) return answers;
    if (question) at++;
  }
}

async function answered<A extends object>(asked: Promise<A | typeof BACK | undefined>): Promise<{ readonly answers: A; readonly done: boolean } | typeof BACK | undefined> {
  const answers = await asked;
  if (answers === undefined) return undefined;
  return typeof answers === 'symbol' ? BACK : { answers, done: false };
}
