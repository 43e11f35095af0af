/** Runs the core's calls: waits for the partition's pod to have room, sends, and feeds the answer back. */
import type { CallAnswer } from '#contract/answer.ts';
import { decodeAnswer, waitedMs } from '#contract/answer-decode.ts';
import { invokePath } from '#contract/call.ts';
import type { InvokerContract } from '#contract/invoker-contract.ts';
import { type CallEffect, type CallRequest, planCall, wholeAnswer } from './call-request.ts';
import type { Reply } from './function-client.ts';
import type { FunctionPods, Pod } from './function-pods.ts';

export interface CallsHandlers {
  /** True while the partition is owned under this epoch and the membership is confirmed: asked in the moment of writing. */
  mayCall(partition: number, epoch: number): boolean;
  onAnswer(call: CallEffect, answer: CallAnswer): void;
  /** `busyMs`: how long the function had it. */
  onDone(answer: CallAnswer, busyMs: number): void;
}

/**
 * A host keeps a call that finds no free slot for a second, at most for a tenth of its time (call.md). Half of that: then a function that is a little slower
 * than the last time has ended before the call that waits is sent away.
 */
const aheadMaxMs = 500;
const aheadShare = 0.05;

interface OpenCall {
  readonly effect: CallEffect;
  readonly abort: AbortController;
}

export class Calls {
  readonly #contract: InvokerContract;
  readonly #pods: FunctionPods;
  readonly #handlers: CallsHandlers;
  /** In the order they came; at most one per partition under `Partition` order. */
  readonly #waiting = new Map<number, OpenCall>();
  readonly #open = new Map<number, OpenCall>();

  constructor(contract: InvokerContract, pods: FunctionPods, handlers: CallsHandlers) {
    this.#contract = contract;
    this.#pods = pods;
    this.#handlers = handlers;
  }

  /** Sent, or waiting for a pod to have room. */
  get openCount(): number {
    return this.#open.size + this.#waiting.size;
  }

  start(effect: CallEffect): void {
    this.#waiting.set(effect.callId, { effect, abort: new AbortController() });
    this.pump();
  }

  abandon(callId: number): void {
    this.#waiting.delete(callId);
    this.#open.get(callId)?.abort.abort();
    this.#open.delete(callId);
  }

  /** Starts what has room now, at each pod in the order of coming. */
  pump(): void {
    const full = new Set<Pod>();
    for (const [callId, call] of this.#waiting) {
      const pod = this.#pods.podOf(call.effect.partition);
      if (pod !== undefined && (full.has(pod) || pod.openCalls >= this.#roomOf(pod, call.effect))) {
        full.add(pod);
        continue;
      }
      this.#waiting.delete(callId);
      this.#open.set(callId, call);
      if (pod === undefined) {
        this.#answer(call, { kind: 'unavailable', cause: 'no-ready-pod', detail: 'no pod of the function is ready' });
      } else {
        pod.openCalls += 1;
        void this.#run(call, pod);
      }
    }
  }

  /**
   * One call more than the pod has slots goes ahead and waits there, so that a slot is not empty while a call is on its way. Not for records that failed
   * before: one that ends its pod each time must not charge an attempt to the same neighbour each time.
   */
  #roomOf({ lastBusyMs }: Pod, { attempt }: CallEffect): number {
    const { kind, concurrency, timeoutMs } = this.#contract.function;
    const isQuick = lastBusyMs <= Math.min(aheadMaxMs, timeoutMs * aheadShare);
    return kind === 'Host' && attempt === 1 && isQuick ? concurrency + 1 : concurrency;
  }

  async #run(call: OpenCall, pod: Pod): Promise<void> {
    try {
      const answer = await this.#ask(call, pod);
      if (answer !== null) this.#answer(call, answer);
    } finally {
      pod.openCalls -= 1;
      this.pump();
    }
  }

  /** Null when nobody wants to know any more. */
  async #ask({ effect, abort }: OpenCall, pod: Pod): Promise<CallAnswer | null> {
    const { client } = pod;
    if (!(await this.#pods.tell(pod))) {
      this.#pods.suspect(client.endpoint);
      const detail = `${client.endpoint} could not be told the epochs`;
      return { kind: 'unavailable', cause: 'connection-refused', detail };
    }
    const { timeoutMs } = this.#contract.function;
    // The time for the function begins now, however long the call waited for room.
    const planned = planCall(effect, this.#contract, Date.now() + timeoutMs);
    if (planned.request === null)
      return wholeAnswer({ kind: 'verdicts', verdicts: [] }, planned, effect.records.length);
    const begunAt = performance.now();
    const mayBegin = (): boolean => this.#handlers.mayCall(effect.partition, effect.epoch);
    const reply = await client.send({
      path: invokePath,
      ...planned.request,
      timeoutMs,
      signal: abort.signal,
      mayBegin,
    });
    const answer = this.#meaning(reply, planned.request);
    if (answer === null) return null;
    if (answer.kind === 'unavailable' && answer.cause === 'connection-refused') this.#pods.suspect(client.endpoint);
    const tookMs = performance.now() - begunAt;
    const busyMs = reply.kind === 'answer' ? tookMs - waitedMs(reply, tookMs) : tookMs;
    pod.lastBusyMs = answer.kind === 'verdicts' ? busyMs : Number.POSITIVE_INFINITY;
    this.#handlers.onDone(answer, busyMs);
    return wholeAnswer(answer, planned, effect.records.length);
  }

  #meaning(reply: Reply, request: CallRequest): CallAnswer | null {
    switch (reply.kind) {
      case 'answer':
        return decodeAnswer(reply, { eventIds: request.eventIds, atMs: Date.now() });
      case 'broken':
        return reply.answer;
      case 'withheld':
        return { kind: 'refused', refusal: 'busy', detail: 'the ownership of the partition is not confirmed' };
      case 'abandoned':
        return null;
    }
  }

  #answer(call: OpenCall, answer: CallAnswer): void {
    const { callId } = call.effect;
    if (this.#open.get(callId) !== call) return;
    this.#open.delete(callId);
    this.#handlers.onAnswer(call.effect, answer);
  }
}
