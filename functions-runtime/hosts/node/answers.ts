/** What a host can answer: one constructor per outcome, each error with a code, its cause and the next step. */
import { jsonType, type Refusal, refusalStatus, refusedHeader, waitedHeader } from './protocol.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Problem {
  readonly code: string;
  readonly cause: string;
  readonly next: string;
}

export const nothing: Answer = { status: 204, headers: {}, body: '' };

export const text = (status: number, body: string): Answer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
});

export const json = (status: number, body: string, contentType: string = jsonType): Answer => ({
  status,
  headers: { 'content-type': contentType },
  body,
});

const problem = (status: number, code: string, cause: string, next: string): Answer =>
  json(status, JSON.stringify({ code, cause, next } satisfies Problem));

const refusals: Readonly<Record<Refusal, Pick<Problem, 'code' | 'next'>>> = {
  stale: { code: 'CALL_STALE', next: 'another invoker owns this partition now: stop owning it' },
  late: { code: 'CALL_LATE', next: 'send it again with a deadline that lies ahead; compare the clocks of the nodes' },
  busy: { code: 'HOST_BUSY', next: 'wait, then send it again' },
  unauthorized: {
    code: 'CALLER_UNKNOWN',
    next: 'only invokers of this function may call: see that their token is mounted, and that the keys of the cluster are',
  },
  'too-large': { code: 'BODY_TOO_LARGE', next: 'send fewer events in one call' },
};

/** Not the records' fault: marked with the header, so that it never counts as an attempt. */
export function refused(refusal: Refusal, cause: string): Answer {
  const { code, next } = refusals[refusal];
  const answer = problem(refusalStatus[refusal], code, cause, next);
  return { ...answer, headers: { ...answer.headers, [refusedHeader]: refusal } };
}

/** So that the caller does not take the wait for a slot for time of the function. */
export const waited = (answer: Answer, ms: number): Answer =>
  ms > 0 ? { ...answer, headers: { ...answer.headers, [waitedHeader]: String(ms) } } : answer;

/** Without the refusal header, unlike a call that came late: this one ran, so it is an attempt. */
export const timedOut = (): Answer =>
  problem(
    408,
    'CALL_TIMED_OUT',
    'the function did not end before the deadline of the call',
    'make the function quicker and let it obey context.signal, or raise spec.timeout or lower batch.maxRecords',
  );

export const malformed = (code: 'BODY_NOT_EVENTS' | 'HEADER_INVALID', cause: string): Answer =>
  problem(400, code, cause, 'send it as the contract says: functions-runtime/contract/vectors.md');

export const unsupportedType = (cause: string): Answer =>
  problem(415, 'TYPE_UNSUPPORTED', cause, 'send CloudEvents in JSON, or plain JSON');

export const functionFailed = (cause: string): Answer =>
  problem(500, 'FUNCTION_FAILED', cause, 'the log of the pod has the stack');

export const functionRejected = (cause: string): Answer =>
  problem(422, 'FUNCTION_REJECTED', cause, 'the function refuses this input for good: change the input');

export const notLoaded = (cause: string, next: string): Answer => problem(503, 'CODE_NOT_LOADED', cause, next);

export const loading = (): Answer => problem(503, 'CODE_LOADING', 'the code is still being loaded', 'wait');

export const stopping = (): Answer =>
  problem(503, 'HOST_STOPPING', 'this pod is shutting down', 'send it to another pod');

export const notFound = (path: string): Answer =>
  problem(404, 'PATH_UNKNOWN', `nothing lives at ${path}`, 'events go to POST /');

export function wrongMethod(method: string, allow: string): Answer {
  const answer = problem(405, 'METHOD_WRONG', `${method} is not possible here`, `use ${allow}`);
  return { ...answer, headers: { ...answer.headers, allow } };
}
