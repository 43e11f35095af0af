/** What an HTTP answer means for a call of n records: the table of statuses and refusals. */
import type { CallAnswer } from './answer.ts';
import { type AskedCall, type HttpAnswer, verdictsOf } from './answer-verdicts.ts';
import { type Refusal, refusalStatus, refusedHeader, waitedHeader } from './call.ts';

/** How much of a body goes into a detail. */
const excerptChars = 200;
/** A function cannot ask for a longer pause than this. */
const retryAfterMaxMs = 3_600_000;

/** Total: every status, header and body has a meaning; an answer that contradicts itself is a failed attempt. */
export function decodeAnswer(answer: HttpAnswer, asked: AskedCall): CallAnswer {
  const refused = headerOf(answer, refusedHeader);
  if (answer.status >= 200 && answer.status <= 299) {
    if (refused !== undefined)
      return badAnswer(answer.status, `status ${answer.status} together with ${refusedHeader}`);
    const verdicts = verdictsOf(answer, asked);
    return typeof verdicts === 'string' ? badAnswer(answer.status, verdicts) : { kind: 'verdicts', verdicts };
  }
  const detail = excerpt(answer);
  if (refused !== undefined && answer.status >= 400 && isRefusal(refused)) {
    return { kind: 'refused', refusal: refused, detail };
  }
  return byStatus(answer, detail, asked.atMs);
}

function byStatus(answer: HttpAnswer, detail: string, atMs: number): CallAnswer {
  const { status } = answer;
  switch (status) {
    case 401:
    case 403:
      return { kind: 'refused', refusal: 'unauthorized', detail };
    case 413:
      return { kind: 'refused', refusal: 'too-large', detail };
    case 423:
      return { kind: 'refused', refusal: 'busy', detail };
    case 429:
    case 503:
      return unavailable(answer, 'overloaded', detail, atMs);
    case 502:
    case 504:
      return unavailable(answer, 'gateway', detail, atMs);
    case 404:
    case 408:
    case 409:
      return { kind: 'attempt-failed', failure: 'status', status, detail };
    default:
      return status >= 400 && status <= 499
        ? { kind: 'rejected', status, detail }
        : { kind: 'attempt-failed', failure: 'status', status, detail };
  }
}

function unavailable(answer: HttpAnswer, cause: 'overloaded' | 'gateway', detail: string, atMs: number): CallAnswer {
  const retryAfterMs = retryAfter(headerOf(answer, 'retry-after'), atMs);
  return { kind: 'unavailable', cause, detail, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** Seconds or an HTTP date; bounded; absent when it is neither, or in the past. */
function retryAfter(text: string | undefined, atMs: number): number | undefined {
  if (text === undefined) return undefined;
  const waitMs = /^\d{1,10}$/.test(text)
    ? Number(text) * 1000
    : /^[A-Za-z]{3},/.test(text)
      ? Date.parse(text) - atMs
      : Number.NaN;
  return waitMs > 0 ? Math.min(waitMs, retryAfterMaxMs) : undefined;
}

const isRefusal = (text: string): text is Refusal => Object.hasOwn(refusalStatus, text);

const badAnswer = (status: number, detail: string): CallAnswer => ({
  kind: 'attempt-failed',
  failure: 'bad-answer',
  status,
  detail,
});

/** How much of the time between call and answer the function did not have the call, in ms; 0 where the host does not say so, or nonsense. */
export function waitedMs(answer: HttpAnswer, tookMs: number): number {
  const text = headerOf(answer, waitedHeader) ?? '';
  return /^\d{1,10}$/.test(text) ? Math.min(Number(text), tookMs) : 0;
}

/** A header that came once; repeated ones are joined as HTTP says. */
export function headerOf(answer: HttpAnswer, name: string): string | undefined {
  const value = answer.headers[name];
  return typeof value === 'string' || value === undefined ? value : value.join(', ');
}

function excerpt(answer: HttpAnswer): string {
  const text = answer.body
    .subarray(0, excerptChars * 4)
    .toString('utf8')
    .slice(0, excerptChars);
  return text === '' ? `status ${answer.status}` : `status ${answer.status}: ${text}`;
}
