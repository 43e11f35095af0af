/** What the model's world talks of: calls, writes, commits, what is held, and how a step is told. */
import type { CoreEffect, CoreEvent } from '../events.ts';

export type Call = Extract<CoreEffect, { kind: 'call' }>;
export type Write = Extract<CoreEffect, { kind: 'write' }>;
export type Commit = Extract<CoreEffect, { kind: 'commit' }>;

export interface Holding {
  readonly epoch: number;
  fetched: number;
  paused: boolean;
  /** A fetch was under way when it was paused. */
  fetchUnderWay: boolean;
  /** Set while it is drained. */
  drainDeadlineMs: number | null;
}

/** Bytes of one fetch of one partition. */
export const fetchBytes = 300;

export function told(what: CoreEvent | CoreEffect | 'crash'): string {
  return JSON.stringify(what, (name, value: unknown) =>
    name === 'payload' || name === 'timestampMs' ? undefined : value,
  );
}
