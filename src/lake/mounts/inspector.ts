// Is the file really there? Looks at paths below mounts with a deadline each. A mount that does not answer is a state
// with a name: it is then left alone but for one probe at a time, until it answers again.
import { HELPER_THREADS, inProcessStats, startStatHelper, type StatAnswer, type StatHelper } from './statHelper.ts';

export type FileState = 'there' | 'missing' | 'otherSize' | 'notAnswering' | 'denied';

export interface InspectorOptions {
  /** Starts what does the stats; one for each mount, so that one mount's hanging is not another's. */
  readonly start?: () => StatHelper;
  /** ms until a stat counts as not answering. Default 4000 (an automounted network folder may take 2 s the first time). */
  readonly deadlineMs?: number;
  /** ms until a mount that did not answer is tried again: the first wait, doubled each time up to the second. */
  readonly retryMs?: readonly [number, number];
  /** ms after which an unused helper is ended. */
  readonly idleMs?: number;
  readonly now?: () => number;
}

export class MountInspector {
  readonly #mounts = new Map<string, Mount>();
  readonly #options: Required<InspectorOptions>;

  constructor(options: InspectorOptions = {}) {
    this.#options = { start: startStatHelper, deadlineMs: 4000, retryMs: [5000, 60_000], idleMs: 60_000, now: Date.now, ...options };
  }

  /** A file below `mountPath`; `expectedBytes` as the catalogue says. Never rejects, never takes much longer than the deadline once its turn comes. */
  async inspect(mountPath: string, path: string, expectedBytes: number): Promise<FileState> {
    const answer = await this.#mount(mountPath).stat(path);
    if (answer === undefined) return 'notAnswering';
    if ('code' in answer) return stateOf(answer.code);
    if (answer.size < 0) return 'missing';
    return answer.size === expectedBytes ? 'there' : 'otherSize';
  }

  /** Whether the mount itself is there: a folder that answers. */
  async inspectMount(mountPath: string): Promise<Exclude<FileState, 'otherSize'>> {
    const answer = await this.#mount(mountPath).stat(mountPath);
    if (answer === undefined) return 'notAnswering';
    if ('code' in answer) return stateOf(answer.code);
    return answer.folder ? 'there' : 'missing';
  }

  close(): void {
    for (const mount of this.#mounts.values()) mount.close();
    this.#mounts.clear();
  }

  #mount(mountPath: string): Mount {
    let mount = this.#mounts.get(mountPath);
    if (!mount) this.#mounts.set(mountPath, mount = new Mount(this.#options));
    return mount;
  }
}

/** ENOTCONN, ESTALE, EIO, …: the mount is broken (a FUSE daemon died), which for a person is the same as no answer. */
function stateOf(code: string): 'missing' | 'denied' | 'notAnswering' {
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENAMETOOLONG') return 'missing';
  if (code === 'EACCES' || code === 'EPERM') return 'denied';
  return 'notAnswering';
}

class Mount {
  readonly #options: Required<InspectorOptions>;
  #helper: StatHelper | undefined;
  /** Set once a helper could not be started: stats then run in this process, one at a time. */
  #inProcess = false;
  #outstanding = 0;
  readonly #queue: (() => void)[] = [];
  /** Since when nothing answers; undefined = it answers. */
  #hungSince: number | undefined;
  #retryAt = 0;
  #wait = 0;
  #lastAnswer = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: Required<InspectorOptions>) {
    this.#options = options;
  }

  /** undefined = no answer within the deadline, or the mount is known not to answer. */
  async stat(path: string): Promise<StatAnswer | undefined> {
    if (this.#hungSince !== undefined && !this.#mayProbe()) return undefined;
    while (this.#outstanding >= (this.#inProcess ? 1 : HELPER_THREADS)) {
      await new Promise<void>((resume) => this.#queue.push(resume));
      if (this.#hungSince !== undefined && !this.#mayProbe()) {
        this.#next(); // nor will it answer those behind us
        return undefined;
      }
    }
    this.#outstanding++;
    try {
      return await this.#ask(path);
    } finally {
      this.#outstanding = Math.max(0, this.#outstanding - 1);
      this.#next();
    }
  }

  close(): void {
    clearTimeout(this.#idle);
    this.#helper?.dispose();
    this.#helper = undefined;
  }

  #next(): void {
    this.#queue.shift()?.();
  }

  /** One probe at a time, each after a longer wait, by a new helper: the old one's threads may all hang. */
  #mayProbe(): boolean {
    const { now, retryMs } = this.#options;
    if (now() < this.#retryAt || this.#outstanding > 0) return false;
    this.#wait = Math.min(Math.max(this.#wait * 2, retryMs[0]), retryMs[1]);
    this.#retryAt = now() + this.#wait;
    if (!this.#inProcess) this.close();
    return true;
  }

  async #ask(path: string, again = false): Promise<StatAnswer | undefined> {
    const { deadlineMs, now } = this.#options;
    const began = now();
    const helper = this.#start();
    const answered = helper.stat(path).then((answer) => {
      if ('code' in answer && answer.code === 'EHELPER') return undefined;
      this.#lastAnswer = now();
      this.#hungSince = undefined; // a late answer counts too: the mount woke up
      this.#wait = 0;
      return answer;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, deadlineMs, 'late');
    });
    const answer = await Promise.race([answered, late]);
    clearTimeout(timer);
    if (answer === undefined && !again) {
      // The helper ended by itself. One that never answered can't be started here: then we do it ourselves, one at a time.
      if (this.#helper === helper) this.#helper = undefined;
      if (this.#lastAnswer === 0) this.#inProcess = true;
      return this.#ask(path, true);
    }
    if (answer === 'late' || answer === undefined) {
      // Slow for one path is not hung: hung is when nothing answered since we asked.
      if (this.#lastAnswer < began && this.#hungSince === undefined) {
        this.#hungSince = now();
        this.#wait = 0;
        this.#retryAt = now() + this.#options.retryMs[0];
      }
      return undefined;
    }
    return answer;
  }

  #start(): StatHelper {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (!this.#inProcess) this.close();
    }, this.#options.idleMs);
    this.#idle.unref();
    if (this.#helper && !this.#helper.alive) this.#helper = undefined;
    return this.#helper ??= this.#inProcess ? inProcessStats() : this.#options.start();
  }
}
