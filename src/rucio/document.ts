// One small JSON document from a server that is no Rucio: a remote piece of configuration, a hub's tokens. Same way out
// as all calls (proxy, certificates, deadlines), but nothing is repeated and nothing is assumed of the answer.
import { isHtml } from './answers.ts';
import { RucioError } from './errors.ts';
import { Exchange, hostOf, type LogEntry, MayPass } from './exchange.ts';
import { Network, type NetworkOptions } from './network.ts';

export interface DocumentRequest {
  readonly url: URL;
  readonly network: NetworkOptions;
  readonly headers?: Readonly<Record<string, string>>;
  /** For all of it, ms. */
  readonly deadline: number;
  /** Redirects that are followed, on the same origin only; with a secret in the headers: none. */
  readonly redirects?: number;
  readonly log?: (entry: LogEntry) => void;
}

const LARGEST = 1 << 20;

/** Status and JSON (undefined where the body is none) of any answer. Throws RucioError when there was no answer. */
export async function fetchDocument(request: DocumentRequest): Promise<{ readonly status: number; readonly value: unknown }> {
  const { url, deadline } = request;
  const network = new Network(url, request.network, {}, deadline);
  const signal = AbortSignal.timeout(deadline);
  try {
    await network.ready();
    const exchange = new Exchange(
      { url, method: 'GET', headers: { Accept: 'application/json', 'User-Agent': 'rucio-vscode', ...request.headers }, body: undefined, agent: network.fresh, signal, name: `GET ${url.pathname}` },
      { connect: deadline, firstByte: deadline, idle: deadline }, request.log,
    );
    await exchange.open();
    const location = exchange.status >= 300 && exchange.status < 400 ? exchange.header('location') : null;
    if (location !== null && URL.canParse(location, url.href)) {
      const next = new URL(location, url);
      exchange.drop();
      if (!request.redirects || next.origin !== url.origin) throw new RucioError('notRucio', `${hostOf(url)} sends us elsewhere (to ${next.host}), and that is not followed.`, { status: exchange.status });
      return await fetchDocument({ ...request, url: next, redirects: request.redirects - 1 });
    }
    const answer = await exchange.answer(LARGEST);
    if (!answer.whole) throw new RucioError('notRucio', `${hostOf(url)} answered with more than 1 MB.`);
    return { status: answer.status, value: isHtml(answer) ? undefined : parsed(answer.text) };
  } catch (error) {
    const failure = error instanceof MayPass ? error.failure : error;
    if (RucioError.is(failure, 'cancelled')) throw new RucioError('timeout', `${hostOf(url)} did not answer within ${deadline / 1000} s.`, { cause: failure });
    throw failure;
  } finally {
    network.close();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // whoever asked says what was expected
  }
}
