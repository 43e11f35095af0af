/** The log: JSON lines on stdout; levels and times as words; one child per partition; per-record lines at debug only. */
import { type Logger, pino } from 'pino';
import type { InvokerContract } from '#contract/invoker-contract.ts';
import type { CoreNote } from '../core/events.ts';

export type { Logger };

export function createLog(level: string, contract: InvokerContract, podName: string): Logger {
  const { namespace, name } = contract.binding;
  return pino({
    level,
    base: { pod: podName, namespace, binding: name, topic: contract.source.topic },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}

/** Tells what the core noted. A partition that begins to fail, or is well again, is told once; each record at debug. */
export class Notes {
  readonly #log: Logger;
  readonly #byPartition = new Map<number, Logger>();
  readonly #failing = new Set<number>();
  readonly #waiting = new Set<number>();

  constructor(log: Logger) {
    this.#log = log;
  }

  of(partition: number): Logger {
    const known = this.#byPartition.get(partition);
    if (known !== undefined) return known;
    const log = this.#log.child({ partition });
    this.#byPartition.set(partition, log);
    return log;
  }

  tell(note: CoreNote): void {
    switch (note.kind) {
      case 'settled':
        this.#settled(note);
        return;
      case 'attempt-failed':
        this.#attemptFailed(note);
        return;
      case 'function-unavailable':
        if (this.#waiting.has(note.partition)) return;
        this.#waiting.add(note.partition);
        this.of(note.partition).warn({ detail: note.detail }, 'waits for the function');
        return;
      case 'circuit':
        if (note.state === 'open') this.#log.warn('calls fail throughout: the circuit is open, one probe at a time');
        else this.#log.info('calls succeed again: the circuit is closed');
        return;
      case 'skipped':
        this.of(note.partition).warn({ offset: note.offset, how: note.how }, 'skipped, as the annotation wishes');
        return;
      case 'attempt-spared':
        this.of(note.partition).debug(
          { offset: note.offset, reason: note.reason },
          'failed like all others: not counted',
        );
        return;
      case 'given-up-in-doubt': {
        const { offset, patientUntilMs } = note;
        const until = new Date(patientUntilMs).toISOString();
        this.of(note.partition).warn(
          { offset, until },
          'given up though everything fails: nothing else is given up until then',
        );
        return;
      }
      case 'ignored':
        this.#log.debug({ why: note.why }, 'ignored');
        return;
    }
  }

  #settled({ partition, count, how }: Extract<CoreNote, { kind: 'settled' }>): void {
    const log = this.of(partition);
    log.debug({ count, how }, 'settled');
    if (this.#failing.delete(partition)) log.info('goes on after failed attempts');
    if (this.#waiting.delete(partition)) log.info('the function answers again');
    if (how !== 'acked') log.warn({ count }, how);
  }

  #attemptFailed({ partition, ...attempt }: Extract<CoreNote, { kind: 'attempt-failed' }>): void {
    const log = this.of(partition);
    const level = this.#failing.has(partition) ? 'debug' : 'warn';
    this.#failing.add(partition);
    log[level](attempt, 'an attempt failed');
  }
}
