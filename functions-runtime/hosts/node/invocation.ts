/** Runs the user's function over the events of one call and gives each event its verdict. */
import type { BatchContext, EventContext, Rejection } from './context.ts';
import type { CloudEvent } from './events.ts';
import { outputsOf } from './outputs.ts';

export type Verdict =
  | { readonly status: 'ok'; readonly outputs: readonly string[] }
  | { readonly status: 'retry'; readonly reason: string }
  | { readonly status: 'reject'; readonly reason: string }
  /** Behind an event that failed: it keeps its order by not being run, and nothing is held against it. */
  | { readonly status: 'not-run' };

/** What one run of the function came to, before it is a verdict. */
export type Outcome =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'rejected'; readonly reason: string };

export type EventFunction = (event: CloudEvent, context: EventContext) => unknown;
export type BatchFunction = (events: readonly CloudEvent[], context: BatchContext) => unknown;
export type ContextOf = (event: CloudEvent, index: number, rejected: (rejection: Rejection) => void) => EventContext;

const reasonChars = 500;

export interface Invocation {
  readonly functionName: string;
  readonly signal: AbortSignal;
  /** Told of every failure, with its stack. */
  readonly onFailure: (event: CloudEvent | null, error: unknown) => void;
}

/** One after the other; after a failure, or once the call is cut, none is started. */
export async function runEvents(
  call: EventFunction,
  events: readonly CloudEvent[],
  contextOf: ContextOf,
  invocation: Invocation,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const [index, event] of events.entries()) {
    if (invocation.signal.aborted) break;
    const verdict = verdictOf(await runEvent(call, event, index, contextOf), event, invocation);
    verdicts.push(verdict);
    if (verdict.status === 'retry') break;
  }
  while (verdicts.length < events.length) verdicts.push({ status: 'not-run' });
  return verdicts;
}

export async function runEvent(
  call: EventFunction,
  event: CloudEvent,
  index: number,
  contextOf: ContextOf,
): Promise<Outcome> {
  let rejection: Rejection | undefined;
  const context = contextOf(event, index, (reason) => {
    rejection ??= reason;
  });
  let outcome: Outcome;
  try {
    outcome = outcomeOf(await call(event, context));
  } catch (error) {
    outcome = thrown(error);
  }
  return rejection ? { kind: 'rejected', reason: brief(rejection.message) } : outcome;
}

export type BatchRun =
  | { readonly kind: 'verdicts'; readonly verdicts: readonly Verdict[]; readonly outcomes: readonly Outcome[] }
  /** The function threw, or its results do not match the events: nothing is known about any single event. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'rejected'; readonly reason: string };

/** All at once: nothing returned means all are done, else there is one result per event, in order. */
export async function runBatch(
  call: BatchFunction,
  events: readonly CloudEvent[],
  context: BatchContext,
  invocation: Invocation,
): Promise<BatchRun> {
  let returned: unknown;
  try {
    returned = await call(events, context);
  } catch (error) {
    const outcome = thrown(error);
    if (outcome.kind === 'rejected') return outcome;
    invocation.onFailure(null, error);
    return { kind: 'failed', reason: reasonOf(error) };
  }
  const results: unknown = returned === undefined || returned === null ? events.map(() => undefined) : returned;
  if (!Array.isArray(results) || results.length !== events.length) {
    const got = Array.isArray(results) ? `${results.length} results` : `a value of type ${typeof results}`;
    return { kind: 'failed', reason: `the function returned ${got} for ${events.length} events` };
  }
  const outcomes = (results as unknown[]).map(outcomeOf);
  const verdicts = outcomes.map((outcome, index) => verdictOf(outcome, events[index] as CloudEvent, invocation));
  return { kind: 'verdicts', verdicts, outcomes };
}

/** An error that is returned means what it means when thrown: a batch has no other way to fail one event. */
const outcomeOf = (value: unknown): Outcome => (value instanceof Error ? thrown(value) : { kind: 'returned', value });

function thrown(error: unknown): Outcome {
  const rejects = typeof error === 'object' && error !== null && (error as { reject?: unknown }).reject === true;
  return rejects ? { kind: 'rejected', reason: brief(messageOf(error)) } : { kind: 'failed', error };
}

function verdictOf(outcome: Outcome, event: CloudEvent, invocation: Invocation): Verdict {
  switch (outcome.kind) {
    case 'rejected':
      return { status: 'reject', reason: outcome.reason };
    case 'failed':
      // What a function does after its call was cut is of no interest any more.
      if (!invocation.signal.aborted) invocation.onFailure(event, outcome.error);
      return { status: 'retry', reason: reasonOf(outcome.error) };
    case 'returned': {
      const outputs = outputsOf(outcome.value, event, invocation.functionName);
      if (outputs.kind === 'outputs') return { status: 'ok', outputs: outputs.events };
      invocation.onFailure(event, new TypeError(outputs.detail));
      return { status: 'retry', reason: brief(`the function's output is unfit: ${outputs.detail}`) };
    }
  }
}

export const reasonOf = (error: unknown): string =>
  brief(error instanceof Error ? `${error.name}: ${error.message}` : `threw ${messageOf(error)}`);

function messageOf(error: unknown): string {
  const message = typeof error === 'object' && error !== null ? (error as { message?: unknown }).message : error;
  return typeof message === 'string' ? message : String(message);
}

const brief = (text: string): string => (text.length > reasonChars ? `${text.slice(0, reasonChars - 1)}…` : text);

/** Null when all are done and nothing came out: then the answer needs no body. */
export function resultDocument(verdicts: readonly Verdict[]): string | null {
  if (verdicts.every((verdict) => verdict.status === 'ok' && verdict.outputs.length === 0)) return null;
  return `{"results":[${verdicts.map(resultText).join(',')}]}`;
}

function resultText(verdict: Verdict): string {
  if (verdict.status !== 'ok') return JSON.stringify(verdict);
  return verdict.outputs.length === 0 ? '{"status":"ok"}' : `{"status":"ok","outputs":[${verdict.outputs.join(',')}]}`;
}
