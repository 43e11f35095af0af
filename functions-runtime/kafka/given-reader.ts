/** Test support: a fetcher that keeps what it was handed. */
import type { WireCluster } from './cluster.ts';
import { WireFetcher } from './fetcher.ts';
import { eventually } from './given-topics.ts';
import type { FetchedRecord, FetcherOptions, KafkaFailure } from './ports.ts';

export interface OutOfRange {
  readonly partition: number;
  readonly position: number;
  readonly logStart: number;
  readonly logEnd: number;
}

export class GivenReader {
  readonly fetcher: WireFetcher;
  readonly records: (FetchedRecord & { readonly partition: number })[] = [];
  readonly positions = new Map<number, number>();
  readonly outOfRange: OutOfRange[] = [];
  readonly failures: KafkaFailure[] = [];
  /** Called with each delivery before it is kept. */
  onDelivery: (partition: number) => void = () => {};

  constructor(cluster: WireCluster, topic: string, options: Partial<FetcherOptions> = {}) {
    const usual = { topic, maxBytes: 1_000_000, partitionMaxBytes: 500_000, maxWaitMs: 500 };
    this.fetcher = new WireFetcher(
      cluster,
      { ...usual, ...options },
      {
        onRecords: (partition, records, nextPosition) => {
          this.onDelivery(partition);
          for (const record of records) this.records.push({ ...record, partition });
          this.positions.set(partition, nextPosition);
        },
        onOutOfRange: (partition, position, logStart, logEnd) => {
          this.outOfRange.push({ partition, position, logStart, logEnd });
        },
        onFailure: (failure) => this.failures.push(failure),
      },
    );
  }

  values(partition?: number): string[] {
    return this.records
      .filter((record) => partition === undefined || record.partition === partition)
      .map(({ value }) => String(value));
  }

  /** Resolves when `count` records came; the time it took. */
  untilCount(count: number): Promise<number> {
    return eventually(`${count} records`, () => this.records.length >= count);
  }

  untilPosition(partition: number, position: number): Promise<number> {
    return eventually(`position ${position}`, () => (this.positions.get(partition) ?? -1) >= position);
  }
}
