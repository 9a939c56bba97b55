// A lake service for the tests of the window's models: answers from a script, and remembers what it was asked.
import { type ConnectionState, type ServiceClient, ServiceFailure } from '../../../../src/client/client.ts';
import type { DIDRow, Failure, Instance, SessionInfo, Welcome } from '../../../../src/protocol.ts';
import type { LakeClient } from '../../../../src/ui/explorer/model.ts';

export interface Stream {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>> & { readonly limit: number };
  readonly signal: AbortSignal | undefined;
  rows(rows: readonly DIDRow[]): void;
  /** The service was lost and is asked again, as ServiceClient does it. */
  restart(): void;
  end(more?: boolean): Promise<void>;
  fail(failure: Partial<Failure>): Promise<void>;
}

export const failure = (more: Partial<Failure>): Failure => ({ kind: 'unreachable', what: 'No answer from rucio.test.', next: 'Try again.', actions: ['retry'], ...more });

export const rowOf = (name: string, type: DIDRow['type'] = 'FILE', scope = 'test'): DIDRow => ({ scope, name, type, bytes: 10, length: type === 'FILE' ? null : 1 });

export const instanceOf = (name: string): Instance => ({ name, displayName: name.toUpperCase(), baseUrl: `https://${name}.test`, authUrl: `https://${name}.test`, mode: 'replica', destinationRse: 'HERE', pathBeginsAt: 0, ruleLifetimeDays: 7, origin: 'test' });

/** Lets what was resolved take effect. */
export const settle = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

export class FakeLake {
  readonly calls: string[] = [];
  readonly streams: Stream[] = [];
  readonly notified: { readonly method: string; readonly params: unknown }[] = [];
  state: ConnectionState = 'connected';
  instances: readonly Instance[] = [instanceOf('lake')];
  problems: Welcome['problems'] = [];
  sessions: readonly SessionInfo[] = [];
  /** By method; a Failure is thrown. */
  answers: Readonly<Record<string, (params: never) => unknown>> = {
    'session/signIn': ({ instance }: { instance: string }): SessionInfo => ({ instance, state: 'signedIn', account: 'jdoe' }),
    'scope/list': ({ mine }: { mine: boolean }) => (mine ? ['user.jdoe'] : ['test', 'user.jdoe', 'atlas']),
  };

  readonly client = {
    welcome: async (): Promise<Welcome> => {
      this.calls.push('welcome');
      return { version: '1', pid: 1, instances: this.instances, problems: this.problems, sessions: this.sessions };
    },
    request: async (type: { method: string }, params: unknown): Promise<unknown> => {
      this.calls.push(type.method);
      const answer = this.answers[type.method];
      if (!answer) throw new Error(`no answer to ${type.method}`);
      return answer(params as never);
    },
    stream: (type: { method: string }, _partial: unknown, params: (token: string) => Stream['params'], onItems: (rows: readonly DIDRow[]) => void, options: { signal?: AbortSignal; onRestart?: () => void } = {}): Promise<{ more: boolean }> => {
      this.calls.push(type.method);
      return new Promise((resolve, reject) => {
        const cancelled = new ServiceFailure(failure({ kind: 'cancelled' }));
        options.signal?.addEventListener('abort', () => reject(cancelled));
        this.streams.push({
          method: type.method, params: params('token'), signal: options.signal, rows: onItems,
          restart: () => options.onRestart?.(),
          end: async (more = false) => { resolve({ more }); await settle(); },
          fail: async (of) => { reject(new ServiceFailure(failure(of))); await settle(); },
        });
      });
    },
    notify: async (type: { method: string }, params: unknown): Promise<void> => {
      this.notified.push({ method: type.method, params });
    },
  };

  get last(): Stream {
    const stream = this.streams.at(-1);
    if (!stream) throw new Error('nothing is listed');
    return stream;
  }

  /** For the observation, which also asks for the connection's state. */
  get asNotifier(): Pick<ServiceClient, 'notify' | 'state'> {
    const lake = this;
    return { notify: this.client.notify as ServiceClient['notify'], get state() { return lake.state; } };
  }

  /** The client as the models see it: its generic signatures can't be met by a script. */
  get asClient(): LakeClient {
    return this.client as unknown as LakeClient;
  }
}
