/** What a function's answer to one call means: a closed union that the invoker's core decides on. */
import type { Refusal } from './call.ts';

/** A CloudEvent that the function returned, as parsed JSON (structured form: attributes plus `data` or `data_base64`). */
export interface OutputEvent {
  readonly [attribute: string]: unknown;
}

export type RecordVerdict =
  | { readonly kind: 'ok'; readonly outputs: readonly OutputEvent[] }
  /** `notRun`: a failure before it in the call kept the function from being given this one; that is no attempt of it. */
  | { readonly kind: 'retry'; readonly reason: string; readonly notRun?: true }
  | { readonly kind: 'reject'; readonly reason: string };

/** Why a whole call's attempt failed without a verdict on single records. */
export type AttemptFailure = 'timeout' | 'connection-broken' | 'status' | 'bad-answer' | 'answer-too-large';
/** Why the function could not be asked at all. */
export type Unavailable = 'no-ready-pod' | 'connection-refused' | 'overloaded' | 'gateway';

export type CallAnswer =
  /** One verdict per record of the call, in order. */
  | { readonly kind: 'verdicts'; readonly verdicts: readonly RecordVerdict[] }
  /** 404, 408, 409, 5xx (not 502-504), timeout, broken mid-call, self-contradicting answer: the attempt of every record failed. */
  | {
      readonly kind: 'attempt-failed';
      readonly failure: AttemptFailure;
      readonly status?: number;
      readonly detail: string;
    }
  /** Any other 4xx: the records are refused for good (after bisecting a batch). */
  | { readonly kind: 'rejected'; readonly status: number; readonly detail: string }
  /** The host refused the call: not the records' fault. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly detail: string }
  /** The function is not there or not well: no attempt; wait. */
  | {
      readonly kind: 'unavailable';
      readonly cause: Unavailable;
      readonly detail: string;
      readonly retryAfterMs?: number;
    };
