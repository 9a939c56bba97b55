// What the service itself refuses, before any lake is asked.
import { ResponseError } from 'vscode-jsonrpc/node';
import { FAILURE_CODE, type Failure } from '../protocol.ts';

export function refusal(what: string, next: string, more: Partial<Pick<Failure, 'kind' | 'actions'>> = {}): ResponseError<Failure> {
  return new ResponseError(FAILURE_CODE, what, { kind: 'service', what, next, actions: ['showLog'], ...more });
}
