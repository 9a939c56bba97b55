// The sign-ins of this window as VS Code's accounts: one session for each instance that is signed in. What is said here was
// heard before: nobody is asked, not even the lake service, which VS Code's menu or another extension must not start.
import type * as vscode from 'vscode';
import type { SessionInfo } from '../../protocol.ts';
import { type Disposable, type Event, Signal } from '../signal.ts';
import { accountLabel } from './words.ts';

export interface AccountsOptions {
  /** Sign-ins as they are heard. */
  readonly onDidChange: Event<SessionInfo>;
  readonly displayNameOf: (instance: string) => string;
  /** With a person, at the instance of this name or at one that they choose. Throws when nothing came of it. */
  readonly signIn: (instance: string | undefined) => Promise<SessionInfo>;
  readonly signOut: (instance: string) => Promise<void>;
  /** Whether the times need the name of their zone, because the person may be in another. */
  readonly zone: boolean;
  readonly now?: () => number;
}

type Change = vscode.AuthenticationProviderAuthenticationSessionsChangeEvent;

export class Accounts implements vscode.AuthenticationProvider {
  readonly #options: AccountsOptions;
  /** By instance. Kept as they were told: VS Code finds an account again by its label, in which there is a time. */
  readonly #sessions = new Map<string, vscode.AuthenticationSession>();
  readonly #changed = new Signal<Change>();
  readonly #heard: Disposable;
  readonly onDidChangeSessions: Event<Change> = this.#changed.event;

  constructor(options: AccountsOptions) {
    this.#options = options;
    this.#heard = options.onDidChange((info) => this.#hear(info));
  }

  /** `scopes`: names of instances; none = all. */
  async getSessions(scopes: readonly string[] | undefined, { account }: vscode.AuthenticationProviderSessionOptions = {}): Promise<vscode.AuthenticationSession[]> {
    return [...this.#sessions.values()].filter((session) => (!scopes?.length || scopes.includes(session.scopes[0] ?? '')) && (!account || account.id === session.account.id));
  }

  /** Our *Sign In*. `scopes`: the instance's name; none = the person chooses. */
  async createSession(scopes: readonly string[], { account }: vscode.AuthenticationProviderSessionOptions = {}): Promise<vscode.AuthenticationSession> {
    const known = [...this.#sessions.values()].find((session) => account && session.account.id === account.id);
    const info = await this.#options.signIn(scopes[0] ?? known?.scopes[0]);
    this.#hear(info);
    const session = this.#sessions.get(info.instance);
    if (!session) throw new Error('The sign-in ended as soon as it had begun.');
    return session;
  }

  /** Our *Sign Out*. */
  async removeSession(id: string): Promise<void> {
    const [instance] = [...this.#sessions].find(([, session]) => session.id === id) ?? [];
    if (instance !== undefined) await this.#options.signOut(instance);
  }

  dispose(): void {
    this.#heard.dispose();
    this.#changed.dispose();
  }

  #hear(info: SessionInfo): void {
    const before = this.#sessions.get(info.instance);
    const now = this.#sessionOf(info);
    if (before?.account.label === now?.account.label) return;
    if (now) this.#sessions.set(info.instance, now);
    else this.#sessions.delete(info.instance);
    // A label that changed is another account to VS Code: told as changed, both would stand in its menu.
    this.#changed.fire({ removed: before ? [before] : [], added: now ? [now] : [], changed: [] });
  }

  #sessionOf({ instance, state, account, expiresAt }: SessionInfo): vscode.AuthenticationSession | undefined {
    if (state !== 'signedIn' || account === undefined) return undefined;
    const { displayNameOf, zone, now = Date.now } = this.#options;
    const labelled = (name: string): string => accountLabel(account, name, expiresAt, { now: now(), zone });
    const others = new Set([...this.#sessions].filter(([other]) => other !== instance).map(([, session]) => session.account.label));
    // Two instances may be shown under one name; who signs out of one must not be signed out of both.
    const label = others.has(labelled(displayNameOf(instance))) ? labelled(instance) : labelled(displayNameOf(instance));
    const id = `${encodeURIComponent(instance)}/${encodeURIComponent(account)}`;
    // No token: those stay in the service. What stands in its place names the session, for whoever wants to ask us about it.
    return { id, accessToken: id, account: { id, label }, scopes: [instance] };
  }
}
