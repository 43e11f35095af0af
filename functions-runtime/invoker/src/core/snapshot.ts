/** What the core tells about itself between steps, for reports and tests. */
import type { BlockedPartition, Doubted } from '#contract/invoker-report.ts';
import type { Circuit } from './circuit.ts';
import type { Lane } from './lanes.ts';

export interface LaneSnapshot {
  readonly partition: number;
  readonly epoch: number;
  /** Everything below is settled. */
  readonly watermark: number;
  readonly nextPosition: number;
  readonly bufferedBytes: number;
  readonly draining: boolean;
}

export interface CoreSnapshot {
  readonly ownedPartitions: readonly number[];
  readonly bufferedBytes: number;
  /** Lanes that wait for the time of a retry, of a call or of a write. */
  readonly waitingRetries: number;
  readonly openCalls: number;
  readonly openWrites: number;
  readonly functionAvailable: boolean;
  readonly circuitOpen: boolean;
  /** While the circuit is open. */
  readonly doubt: Doubted | null;
  readonly blocked: readonly BlockedPartition[];
  readonly lanes: readonly LaneSnapshot[];
}

export function snapshotOf(lanes: ReadonlyMap<number, Lane>, circuit: Circuit): CoreSnapshot {
  const all = [...lanes.values()].sort((a, b) => a.partition - b.partition);
  const doubt = doubted(all, circuit);
  const count = (is: (lane: Lane) => boolean): number => all.filter(is).length;
  return {
    ownedPartitions: all.map(({ partition }) => partition),
    bufferedBytes: all.reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0),
    waitingRetries: count(
      ({ wait, write, retrialMs }) => wait !== null || write?.writeId === null || retrialMs !== null,
    ),
    openCalls: count(({ call }) => call !== null),
    openWrites: count(({ write }) => write !== null && write.writeId !== null),
    functionAvailable:
      (doubt === null || doubt.waiting.length === 0) && all.every(({ awaySinceMs }) => awaySinceMs === null),
    circuitOpen: circuit.open,
    doubt,
    blocked: all.flatMap(({ blocks }) => [...blocks.values()].slice(0, 1)),
    lanes: all.map(({ partition, epoch, ledger, bufferedBytes, drainDeadlineMs }) => ({
      partition,
      epoch,
      watermark: ledger.watermark,
      nextPosition: ledger.next,
      bufferedBytes,
      draining: drainDeadlineMs !== null,
    })),
  };
}

function doubted(lanes: readonly Lane[], circuit: Circuit): Doubted | null {
  const { doubt } = circuit;
  if (doubt === null) return null;
  const waiting = lanes.flatMap(({ partition, waiting: records }) => {
    const first = records.at(0);
    return first === undefined ? [] : [{ partition, offset: first.record.offset }];
  });
  return { ...doubt, waiting: waiting.filter((head) => circuit.hasFailed(head)) };
}
