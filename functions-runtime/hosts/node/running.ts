/** The calls that run now: each can be cut, and ends for the caller then, whatever its function does. */

export type CutReason = 'deadline' | 'superseded' | 'caller-gone' | 'stopping';

const meaning: Readonly<Record<CutReason, string>> = {
  deadline: 'the deadline of the call has passed',
  superseded: 'a newer owner took this partition over',
  'caller-gone': 'the caller closed the connection',
  stopping: 'the pod is shutting down',
};

/** Reason of `context.signal` when it is aborted. */
export class CallCut extends Error {
  override readonly name = 'CallCut';
  readonly cut: CutReason;

  constructor(cut: CutReason) {
    super(meaning[cut]);
    this.cut = cut;
  }
}

export type RunEnd<T> =
  | { readonly kind: 'ended'; readonly value: T }
  | { readonly kind: 'cut'; readonly cut: CutReason };

/*
 * A function that blocks the event loop blocks its own deadline too, other calls and the probes: the invoker's timeout ends its call, kubelet's
 * liveness probe ends the pod. Running the code in a worker thread would be the cure.
 */

/** setTimeout knows no longer time. */
const maxTimerMs = 2 ** 31 - 1;

export class RunningCalls {
  readonly #cuts = new Map<number, (reason: CutReason) => void>();

  cut(callId: number, reason: CutReason): void {
    this.#cuts.get(callId)?.(reason);
  }

  cutAll(reason: CutReason): void {
    for (const cut of this.#cuts.values()) cut(reason);
  }

  /** `onEnd` is called when the function has really ended, which after a cut may be long after the answer. */
  async run<T>(
    callId: number,
    timeLeftMs: number,
    work: (signal: AbortSignal) => Promise<T>,
    onEnd: () => void,
  ): Promise<RunEnd<T>> {
    const controller = new AbortController();
    const cut = Promise.withResolvers<RunEnd<T>>();
    const cutNow = (reason: CutReason) => {
      // First, so that what the function does about the abort cannot win the race.
      cut.resolve({ kind: 'cut', cut: reason });
      controller.abort(new CallCut(reason));
    };
    this.#cuts.set(callId, cutNow);
    const timer = setTimeout(() => cutNow('deadline'), Math.min(timeLeftMs, maxTimerMs));
    const ended = work(controller.signal).then((value): RunEnd<T> => ({ kind: 'ended', value }));
    try {
      return await Promise.race([cut.promise, ended]);
    } finally {
      clearTimeout(timer);
      this.#cuts.delete(callId);
      ended.then(onEnd, onEnd);
    }
  }
}
