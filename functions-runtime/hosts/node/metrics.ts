/** Counts what a host does and writes them in Prometheus's text form. */

export type CallResult =
  | 'answered'
  | 'failed'
  | 'timed-out'
  | 'stale'
  | 'late'
  | 'busy'
  | 'unauthorized'
  | 'too-large'
  | 'malformed'
  | 'not-ready'
  | 'caller-gone'
  | 'stopping';

type EventVerdict = 'ok' | 'retry' | 'reject' | 'not-run';

export class Metrics {
  readonly #calls = new Map<CallResult, number>();
  readonly #events: Record<EventVerdict, number> = { ok: 0, retry: 0, reject: 0, 'not-run': 0 };
  #seconds = 0;
  #ended = 0;
  #unhandledRejections = 0;

  call(result: CallResult): void {
    this.#calls.set(result, (this.#calls.get(result) ?? 0) + 1);
  }

  event(verdict: EventVerdict): void {
    this.#events[verdict] += 1;
  }

  ran(durationMs: number): void {
    this.#ended += 1;
    this.#seconds += durationMs / 1000;
  }

  unhandledRejection(): void {
    this.#unhandledRejections += 1;
  }

  text(inFlight: number): string {
    return [
      '# HELP headrace_host_calls_total Calls, by how they were answered.',
      '# TYPE headrace_host_calls_total counter',
      ...[...this.#calls].map(([result, count]) => `headrace_host_calls_total{result="${result}"} ${count}`),
      '# HELP headrace_host_events_total Events of answered calls, by verdict.',
      '# TYPE headrace_host_events_total counter',
      ...Object.entries(this.#events).map(([v, count]) => `headrace_host_events_total{verdict="${v}"} ${count}`),
      '# HELP headrace_host_calls_in_flight Calls whose function has not ended.',
      '# TYPE headrace_host_calls_in_flight gauge',
      `headrace_host_calls_in_flight ${inFlight}`,
      '# HELP headrace_host_call_seconds How long the function took per call.',
      '# TYPE headrace_host_call_seconds summary',
      `headrace_host_call_seconds_sum ${this.#seconds}`,
      `headrace_host_call_seconds_count ${this.#ended}`,
      '# HELP headrace_host_unhandled_rejections_total Promises of the function that failed with nobody waiting.',
      '# TYPE headrace_host_unhandled_rejections_total counter',
      `headrace_host_unhandled_rejections_total ${this.#unhandledRejections}`,
      '',
    ].join('\n');
  }
}
