/** Answers come back to their lane: judged, charged, decided; then the lane goes on, waits, stops or lets go. */
import type { CallAnswer } from '#contract/answer.ts';
import { backoffMs } from './backoff.ts';
import { noteAnswer, noteDecided } from './caution.ts';
import type { Circuit } from './circuit.ts';
import type { CoreEvent } from './events.ts';
import { block, type Lane, type OpenCall, type Turn, unblock, type Wait } from './lanes.ts';
import { type Asked, failureOf, type Judgement, judge, moodOf, type Next } from './settle.ts';

/** Longest wait that a `Retry-After` can ask for, unless `maxBackoff` is longer. */
const retryAfterMaxMs = 300_000;

/** Longest wait after a host said that it is busy, or that the call came late. */
const hostWaitMaxMs = 100;

/** What the step does besides: `lanes-may-go` after the circuit closed (it was open for `heldMs`), `let-go` when a newer owner was seen. */
export type Consequence =
  | { readonly kind: 'none' | 'let-go' }
  | { readonly kind: 'lanes-may-go'; readonly heldMs: number };

export function onAnswered(
  lane: Lane,
  event: Extract<CoreEvent, { kind: 'answered' }>,
  circuit: Circuit,
  turn: Turn,
): Consequence {
  const { call } = lane;
  if (call === null || call.callId !== event.callId) {
    turn.emit({ kind: 'noted', note: { kind: 'ignored', why: `call ${event.callId} is not open` } });
    return { kind: 'none' };
  }
  lane.call = null;
  const answer = consistent(event.answer, call);
  const heldMs = tellCircuit(lane, call, answer, circuit, turn);
  reached(lane, answer, turn);
  const judgement = judged(lane, call, answer, circuit, turn);
  for (const offset of judgement.charged) lane.attempts.charge(offset, turn.atMs);
  spare(lane, judgement, answer, turn);
  lane.waiting.drop(judgement.decided.length);
  lane.decided.push(...judgement.decided);
  const last = judgement.decided.at(-1);
  if (last !== undefined) {
    noteDecided(lane, judgement.decided.length, last.record.offset);
    unblock(lane, 'exhausted', turn);
  } else noteAnswer(lane, answer.kind !== 'refused' && answer.kind !== 'unavailable');
  follow(lane, judgement, call, turn);
  // It holds its partition until it passes: what was mended meanwhile is found out by trying, alone and seldom.
  lane.retrialMs = lane.blocks.has('exhausted') ? turn.atMs + turn.settings.retry.maxBackoffMs : null;
  if (judgement.next.kind === 'stand-down') return { kind: 'let-go' };
  return heldMs === null ? { kind: 'none' } : { kind: 'lanes-may-go', heldMs };
}

function spare(lane: Lane, { spared }: Judgement, answer: CallAnswer, turn: Turn): void {
  for (const offset of spared) lane.attempts.spare(offset, turn.atMs);
  const [offset] = spared;
  if (offset === undefined) return;
  const note = { partition: lane.partition, offset, reason: failureOf(answer) };
  turn.emit({ kind: 'noted', note: { kind: 'attempt-spared', ...note } });
}

/** One verdict per record, or it says nothing about any. */
function consistent(answer: CallAnswer, call: OpenCall): CallAnswer {
  if (answer.kind !== 'verdicts' || answer.verdicts.length === call.records.length) return answer;
  const detail = `${answer.verdicts.length} verdicts for ${call.records.length} records`;
  return { kind: 'attempt-failed', failure: 'bad-answer', detail };
}

function tellCircuit(lane: Lane, call: OpenCall, answer: CallAnswer, circuit: Circuit, turn: Turn): number | null {
  circuit.ended(call.callId, turn);
  switch (moodOf(answer)) {
    case 'well':
      return circuit.succeeded(call, turn);
    case 'failing':
      circuit.failed({ partition: lane.partition, offset: call.records[0]!.offset }, failureOf(answer), turn);
      return null;
    case 'untold':
      if (answer.kind === 'unavailable') circuit.away(turn.atMs);
      return null;
  }
}

/** The function was asked, or at least its host: waits and accusations that said otherwise end. */
function reached(lane: Lane, answer: CallAnswer, turn: Turn): void {
  if (answer.kind === 'unavailable') {
    lane.awaySinceMs ??= turn.atMs;
    return;
  }
  if (lane.awaySinceMs !== null) lane.attempts.hold(turn.atMs - lane.awaySinceMs);
  lane.awaySinceMs = null;
  if (answer.kind === 'refused') return;
  lane.waits = 0;
  unblock(lane, 'unauthorized', turn);
}

/** Nobody is condemned in doubt: then the circuit opens, and the failure is the function's until patience is over. */
function judged(lane: Lane, call: OpenCall, answer: CallAnswer, circuit: Circuit, turn: Turn): Judgement {
  const { retry, onExhausted, publishes } = turn.settings;
  const asked = call.records.map((record): Asked => ({ record, history: lane.attempts.of(record.offset) }));
  const rules = { retry, onExhausted, publishes, atMs: turn.atMs };
  const judgement = judge(asked, answer, { ...rules, chargeable: !circuit.spares(turn.atMs) });
  // A function that did something right in this very call is well.
  const [guilty] = judgement.condemned;
  if (guilty === undefined || moodOf(answer) === 'well') return judgement;
  const { partition } = lane;
  if (judgement.condemned.some((each) => circuit.doubts(partition, each))) circuit.openNow(turn);
  if (circuit.spares(turn.atMs)) return judge(asked, answer, { ...rules, chargeable: false });
  circuit.gaveUp({ partition, offset: guilty.offset }, turn);
  return judgement;
}

function follow(lane: Lane, { next }: Judgement, call: OpenCall, turn: Turn): void {
  switch (next.kind) {
    case 'go-on':
      lane.sizeLimit = grown(lane.sizeLimit, turn);
      return;
    case 'retry':
      holdForRetry(lane, next, turn);
      return;
    case 'fewer':
      lane.sizeLimit = next.size;
      return;
    case 'fewer-bytes':
      lane.bytesLimit = next.bytes;
      return;
    case 'wait':
      lane.waits += 1;
      lane.wait = next.why === 'host' ? hostWait(lane, turn) : waitOf(lane, next, turn);
      if (next.why === 'host') return;
      turn.emit({
        kind: 'noted',
        note: { kind: 'function-unavailable', partition: lane.partition, detail: next.detail },
      });
      return;
    case 'unauthorized':
      lane.waits += 1;
      lane.wait = waitOf(lane, { why: 'host', retryAfterMs: 0 }, turn);
      block(
        lane,
        'unauthorized',
        call.records[0]!.offset,
        `the function's host refuses our token: ${next.detail}`,
        turn,
      );
      return;
    case 'block':
      block(lane, 'exhausted', lane.waiting.at(0)!.record.offset, next.reason, turn);
      lane.sizeLimit = 1;
      return;
    case 'unwell':
    case 'stand-down':
      return;
  }
}

function grown(sizeLimit: number, turn: Turn): number {
  return sizeLimit * 2 >= turn.settings.batch.maxRecords ? Number.POSITIVE_INFINITY : sizeLimit * 2;
}

function holdForRetry(lane: Lane, next: Extract<Next, { kind: 'retry' }>, turn: Turn): void {
  const { retry, random } = turn.settings;
  const { attempts, firstFailureMs, heldMs } = next.failed;
  const backoffUntilMs = turn.atMs + backoffMs(retry, attempts, random);
  // The last try is made when the record's time is up, not long after.
  const untilMs = Math.max(turn.atMs, Math.min(backoffUntilMs, firstFailureMs + heldMs + retry.maxAgeMs));
  lane.sizeLimit = Math.min(lane.sizeLimit, next.size);
  lane.wait = { why: 'retry', untilMs };
  const { offset } = lane.waiting.at(0)!.record;
  const note = { partition: lane.partition, offset, attempts, reason: next.reason, retryAtMs: untilMs };
  turn.emit({ kind: 'noted', note: { kind: 'attempt-failed', ...note } });
}

/** Never long: a slot is free again within a call, and who waits longer each time would starve beside one who asks anew. */
function hostWait(lane: Lane, turn: Turn): Wait {
  const { retry, random } = turn.settings;
  const initialBackoffMs = Math.min(retry.initialBackoffMs, hostWaitMaxMs);
  const untilMs = turn.atMs + backoffMs({ initialBackoffMs, maxBackoffMs: hostWaitMaxMs }, lane.waits, random);
  return { why: 'host', untilMs };
}

function waitOf(lane: Lane, { why, retryAfterMs }: { why: Wait['why']; retryAfterMs: number }, turn: Turn): Wait {
  const { retry, random } = turn.settings;
  const askedMs = Math.min(Math.max(retryAfterMs, 0), Math.max(retryAfterMaxMs, retry.maxBackoffMs));
  return { why, untilMs: turn.atMs + Math.max(askedMs, backoffMs(retry, lane.waits, random)) };
}
