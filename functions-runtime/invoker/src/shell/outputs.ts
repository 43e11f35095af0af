/** Writes of the core: outputs and dead letters become Kafka records and go out in one send, acknowledged by all in-sync replicas. */
import type { InvokerContract } from '#contract/invoker-contract.ts';
import { deadLetterRecord, outputRecord } from '#contract/outgoing.ts';
import type { ProducedRecord, Producer } from '#kafka/ports.ts';
import type { CoreEffect, OutgoingRecord, WriteOutcome } from '../core/events.ts';
import { arrivalOf } from './arrivals.ts';

export type WriteEffect = Extract<CoreEffect, { kind: 'write' }>;

export interface Written {
  readonly outcome: WriteOutcome;
  readonly outputs: number;
  readonly deadLetters: number;
}

/** Of a write that failed: what became of a record of it. The core asks again with the same records. */
interface LastTry {
  readonly acknowledged: ReadonlySet<number>;
  readonly index: number;
}
const lastTries = new WeakMap<OutgoingRecord, LastTry>();

/** `isOurs`: asked in the moment of sending, however long a write waited for the broker. */
export async function write(
  effect: WriteEffect,
  contract: InvokerContract,
  producer: Producer,
  isOurs: () => boolean,
): Promise<Written> {
  const pairs = effect.records.flatMap((record) => produced(record, contract).map((one) => ({ record, one })));
  // Some of it may stand in its topic from the last try; sent again each time, a topic that refuses one record would be filled with the others.
  const left = pairs.filter(({ record }) => !isWritten(record));
  if (left.length > 0) {
    const sent = await producer.send(
      left.map(({ one }) => one),
      isOurs,
    );
    if (sent.kind === 'failed') {
      for (const [index, { record }] of left.entries())
        lastTries.set(record, { acknowledged: sent.acknowledged, index });
      return { outcome: { kind: 'failed', reason: sent.code, detail: sent.message }, outputs: 0, deadLetters: 0 };
    }
  }
  const deadLetters = effect.records.filter(({ kind }) => kind === 'dead-letter').length;
  return { outcome: { kind: 'ok' }, outputs: pairs.length - deadLetters, deadLetters };
}

function isWritten(record: OutgoingRecord): boolean {
  const last = lastTries.get(record);
  return last?.acknowledged.has(last.index) === true;
}

function produced(record: OutgoingRecord, contract: InvokerContract): ProducedRecord[] {
  const source = arrivalOf(record.source);
  if (record.kind === 'dead-letter') {
    const topic = contract.delivery.deadLetterTopic;
    if (topic === undefined) throw new Error('a dead letter without a dead-letter topic in the contract');
    const destination = `${contract.binding.namespace}/${contract.function.name}`;
    return [deadLetterRecord({ ...record, source, topic, destination })];
  }
  // Without an output in the binding, what the function returns is not published.
  if (contract.output === undefined || source.event.kind === 'unfit') return [];
  const cause = { source, sourceEvent: source.event, index: record.index };
  return [outputRecord(record.event, cause, contract.output)];
}
