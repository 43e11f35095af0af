/** One call from request to answer: read, admitted, run, answered. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from './answers.ts';
import * as answers from './answers.ts';
import type { BodyReader } from './body.ts';
import type { Callers } from './callers.ts';
import type { LoadedCode } from './code.ts';
import { batchContext, type ContextSource, eventContexts } from './context.ts';
import { type Coordinates, countOffsets, readCoordinates } from './coordinates.ts';
import { type CloudEvent, type ReadEvents, readEvents } from './events.ts';
import type { Admission, Guard } from './guard.ts';
import {
  type BatchFunction,
  type EventFunction,
  type Invocation,
  type Outcome,
  reasonOf,
  resultDocument,
  runBatch,
  runEvent,
  runEvents,
  type Verdict,
} from './invocation.ts';
import type { Fields, Log } from './log.ts';
import type { CallResult, Metrics } from './metrics.ts';
import { resultType } from './protocol.ts';
import type { CutReason, RunningCalls } from './running.ts';
import type { Turns } from './turns.ts';

type Loaded = Extract<LoadedCode, { kind: 'loaded' }>;
type Asked = Extract<ReadEvents, { kind: 'events' | 'plain' }>;

export interface CallRoom {
  readonly callers: Callers;
  readonly functionName: string;
  readonly timeoutMs: number;
  readonly code: () => LoadedCode | null;
  readonly bodies: BodyReader;
  readonly guard: Guard;
  readonly turns: Turns;
  readonly running: RunningCalls;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly logWith: (fields: Fields) => Log;
  /** Unix ms. */
  readonly now: () => number;
  readonly newId: () => string;
}

interface Answered {
  readonly result: CallResult;
  readonly answer: Answer;
}

/** Null when nobody is there any more to be answered. */
export async function answerCall(
  room: CallRoom,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Answer | null> {
  const answered = await takeCall(room, request, response);
  room.metrics.call(answered?.result ?? 'caller-gone');
  return answered?.answer ?? null;
}

async function takeCall(room: CallRoom, request: IncomingMessage, response: ServerResponse): Promise<Answered | null> {
  const code = room.code();
  if (code?.kind !== 'loaded') return { result: 'not-ready', answer: codeProblem(code) };
  const coordinates = readCoordinates(request.headers);
  if (typeof coordinates === 'string') return malformed('HEADER_INVALID', coordinates);
  const body = await room.bodies.read(request);
  switch (body.kind) {
    case 'broken':
      return null;
    case 'too-large':
      return { result: 'too-large', answer: answers.refused('too-large', `a body may have ${body.maxBytes} bytes`) };
    case 'no-room':
      return { result: 'busy', answer: answers.refused('busy', 'other calls are being read') };
    case 'body':
      break;
  }
  const asked = readEvents(request.headers, body.bytes, room.newId);
  if (asked.kind === 'unsupported') return { result: 'malformed', answer: answers.unsupportedType(asked.detail) };
  if (asked.kind === 'malformed') return malformed('BODY_NOT_EVENTS', asked.detail);
  const fault = offsetsFault(coordinates, asked);
  if (fault !== null) return malformed('HEADER_INVALID', fault);
  const cameMs = room.now();
  const deadlineMs = coordinates.deadlineMs ?? cameMs + room.timeoutMs;
  const admission = await admit(room, coordinates, deadlineMs, response);
  if (admission === null) return null;
  if (admission.kind === 'refused') {
    return { result: admission.refusal, answer: answers.refused(admission.refusal, admission.detail) };
  }
  const startMs = room.now();
  const answered = await run(room, code, admission.callId, { asked, coordinates, deadlineMs, startMs }, response);
  return answered && { ...answered, answer: answers.waited(answered.answer, startMs - cameMs) };
}

/** Null when the caller went away while it waited for a slot. */
async function admit(
  room: CallRoom,
  { position }: Coordinates,
  deadlineMs: number,
  response: ServerResponse,
): Promise<Admission | null> {
  const ask = (): Admission => {
    const admission = room.guard.admit(position, deadlineMs, room.now());
    // A call that brings a newer epoch takes the partition over, whether it may run now or not.
    cutSuperseded(room);
    return admission;
  };
  const admission = ask();
  if (admission.kind === 'admitted' || admission.forSlot !== true) return admission;
  if (!(await room.turns.wait(deadlineMs - room.now()))) return response.destroyed ? null : admission;
  const second = response.destroyed ? null : ask();
  if (second?.kind !== 'admitted') room.turns.next();
  return second;
}

export function cutSuperseded({ guard, running }: Pick<CallRoom, 'guard' | 'running'>): void {
  for (const callId of guard.superseded()) running.cut(callId, 'superseded');
}

interface Admitted {
  readonly asked: Asked;
  readonly coordinates: Coordinates;
  readonly deadlineMs: number;
  readonly startMs: number;
}

async function run(
  room: CallRoom,
  code: Loaded,
  callId: number,
  admitted: Admitted,
  response: ServerResponse,
): Promise<Answered | null> {
  const { deadlineMs, startMs } = admitted;
  const onClose = () => room.running.cut(callId, 'caller-gone');
  response.once('close', onClose);
  const end = await room.running.run(
    callId,
    deadlineMs - startMs,
    (signal) => invoke(room, code, admitted, signal),
    () => {
      room.guard.ended(callId);
      room.turns.next();
      room.metrics.ran(room.now() - startMs);
    },
  );
  response.off('close', onClose);
  if (end.kind === 'ended') return end.value;
  room.guard.abandon(callId);
  room.log.warn('call cut', { reason: end.cut, ...admitted.coordinates.position });
  return cutAnswer(end.cut);
}

async function invoke(room: CallRoom, code: Loaded, admitted: Admitted, signal: AbortSignal): Promise<Answered> {
  const { asked, coordinates, deadlineMs } = admitted;
  const source: ContextSource = { coordinates, deadlineMs, signal, log: room.logWith };
  const invocation: Invocation = {
    functionName: room.functionName,
    signal,
    onFailure: (event, error) =>
      room.log.error('function failed', {
        eventId: event?.id,
        attempt: coordinates.attempt,
        ...coordinates.position,
        error,
      }),
  };
  const call = code.call as unknown as EventFunction & BatchFunction;
  if (code.form === 'Event') {
    const contextOf = eventContexts(source);
    if (asked.kind === 'plain') {
      return plainAnswer(room, await runEvent(call, asked.event, 0, contextOf), (error) =>
        invocation.onFailure(asked.event, error),
      );
    }
    return verdictsAnswer(room, await runEvents(call, asked.events, contextOf, invocation));
  }
  const events: readonly CloudEvent[] = asked.kind === 'plain' ? [asked.event] : asked.events;
  const ran = await runBatch(call, events, batchContext(source), invocation);
  if (ran.kind === 'failed') return { result: 'failed', answer: answers.functionFailed(ran.reason) };
  if (ran.kind === 'rejected') return { result: 'answered', answer: answers.functionRejected(ran.reason) };
  const [outcome] = ran.outcomes;
  return asked.kind === 'plain' && outcome
    ? plainAnswer(room, outcome, () => undefined)
    : verdictsAnswer(room, ran.verdicts);
}

function verdictsAnswer({ metrics }: CallRoom, verdicts: readonly Verdict[]): Answered {
  for (const { status } of verdicts) metrics.event(status);
  const document = resultDocument(verdicts);
  return { result: 'answered', answer: document === null ? answers.nothing : answers.json(200, document, resultType) };
}

/** For people: the value itself. */
function plainAnswer({ metrics }: CallRoom, outcome: Outcome, onFailure: (error: unknown) => void): Answered {
  switch (outcome.kind) {
    case 'failed':
      onFailure(outcome.error);
      metrics.event('retry');
      return { result: 'failed', answer: answers.functionFailed(reasonOf(outcome.error)) };
    case 'rejected':
      metrics.event('reject');
      return { result: 'answered', answer: answers.functionRejected(outcome.reason) };
    case 'returned':
      metrics.event('ok');
      return { result: 'answered', answer: valueAnswer(outcome.value) };
  }
}

function valueAnswer(value: unknown): Answer {
  if (value === undefined || value === null) return answers.nothing;
  try {
    const body = JSON.stringify(value);
    return body === undefined ? answers.functionFailed(`a ${typeof value} is no JSON`) : answers.json(200, body);
  } catch (error) {
    return answers.functionFailed(`the value is no JSON: ${(error as Error).message}`);
  }
}

function cutAnswer(cut: CutReason): Answered | null {
  switch (cut) {
    case 'deadline':
      return { result: 'timed-out', answer: answers.timedOut() };
    case 'superseded':
      return { result: 'stale', answer: answers.refused('stale', 'a newer owner took this partition over meanwhile') };
    case 'stopping':
      return { result: 'stopping', answer: answers.stopping() };
    case 'caller-gone':
      return null;
  }
}

function offsetsFault({ position }: Coordinates, asked: Asked): string | null {
  const offsets = position && countOffsets(position);
  const events = asked.kind === 'events' ? asked.events.length : 1;
  return offsets === null || offsets === events ? null : `${offsets} offsets for ${events} events`;
}

export function codeProblem(code: LoadedCode | null): Answer {
  return code?.kind === 'failed' ? answers.notLoaded(code.cause, code.next) : answers.loading();
}

const malformed = (code: 'BODY_NOT_EVENTS' | 'HEADER_INVALID', cause: string): Answered => ({
  result: 'malformed',
  answer: answers.malformed(code, cause),
});
