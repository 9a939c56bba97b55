// A server that signs people in and takes tokens, with its person, its secret store and its clock: for the tests of sessions.
import type { SessionOptions } from '../../../../src/lake/session/options.ts';
import { Session } from '../../../../src/lake/session/session.ts';
import type { Credentials, Instance } from '../../../../src/lake/types.ts';
import { Clock } from '../../../../src/rucio/clock.ts';
import { RucioError } from '../../../../src/rucio/errors.ts';

export const INSTANCE: Instance = { name: 'lake', displayName: 'The Lake', baseUrl: 'https://r', authUrl: 'https://r', mode: 'replica', pathBeginsAt: 0, ruleLifetimeDays: 7, origin: 'test' };
export const wrong = (): RucioError => new RucioError('wrongCredentials', 'Cannot authenticate to account None with given credentials');
export const needed = (error: unknown): boolean => RucioError.is(error, 'signInNeeded');

/** A server that gives tokens t1, t2, … for the password "right", and knows which it takes. */
export class FakeServer {
  now = 1_000_000;
  passwords: string[] = [];
  asked: string[] = [];
  questions: (readonly string[])[] = [];
  good = new Map<string, string>();
  /** How often it was asked whom a token is for. */
  checks = 0;
  answers: (Credentials | null)[] = [];
  stored: string | null = null;
  stores: (string | null)[] = [];
  lifeMs = 3_600_000;
  down = false;
  accounts: string[] | undefined;
  #next = 1;

  session(more: Partial<SessionOptions> = {}): Session {
    return new Session({
      instance: INSTANCE, transport: { close: () => undefined, raw: async () => ({}), clock: new Clock(() => this.now) } as never,
      secrets: {
        get: async () => this.stored,
        store: async (value) => {
          this.stored = value;
          this.stores.push(value);
        },
      },
      ask: async (reason) => {
        this.asked.push(reason);
        await new Promise((resolve) => setImmediate(resolve));
        return this.answers.shift() ?? null;
      },
      people: {
        chooseAccount: async (accounts) => {
          this.questions.push(accounts);
          return accounts[0] ?? null;
        },
      },
      calls: {
        userpass: async (_transport, { password, account }) => {
          if (this.down) throw new RucioError('unreachable', 'no way there');
          this.passwords.push(password);
          if (password !== 'right') throw wrong();
          if (this.accounts && account === undefined) return { accounts: this.accounts };
          const token = `t${this.#next++}`;
          this.good.set(token, account ?? 'alice');
          return { token, account: account ?? 'alice', expiresAt: this.now + this.lifeMs };
        },
        check: async (_transport, token) => {
          this.checks++;
          if (this.down) throw new RucioError('unreachable', 'no way there');
          const account = this.good.get(token);
          if (account === undefined) throw wrong();
          return { account };
        },
      },
      ...more,
    });
  }
}

export const RIGHT: Credentials = { method: 'userpass', username: 'alice', password: 'right' };
export const WRONG: Credentials = { method: 'userpass', username: 'alice', password: 'bad' };
