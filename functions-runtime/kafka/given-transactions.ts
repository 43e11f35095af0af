/** Test support: a transactional producer made of wire calls, to fill logs with committed, aborted and open transactions. */
import { randomUUID } from 'node:crypto';
import { addPartitionsToTxnV3, endTxnV4 } from '@platformatic/kafka';
import { parseAddress } from './addresses.ts';
import { Connections } from './connections.ts';
import { pause } from './patience.ts';
import { ask, type Connection, NumericMap, refusal, type WireAnswer, wire } from './wire.ts';

export interface GivenTransactions {
  /** Writes `values` in one transaction and ends it so. */
  write(values: readonly string[], end: 'commit' | 'abort' | 'leave-open'): Promise<void>;
  /** Ends the open one. */
  end(how: 'commit' | 'abort'): Promise<void>;
  close(): Promise<void>;
}

/** Repeats a call while the coordinator is busy with the last transaction's end. */
async function patiently<R>(
  what: string,
  call: () => Promise<WireAnswer<R>>,
  codeOf: (response: R) => number,
): Promise<R> {
  for (let tries = 0; tries < 500; tries += 1) {
    const answer = await call();
    if (answer.kind === 'failed') throw new Error(answer.message);
    const refused = refusal(codeOf(answer.response), what);
    if (!refused) return answer.response;
    if (!refused.retriable) throw new Error(refused.message);
    await pause(20);
  }
  throw new Error(`${what}: refused too often`);
}

export async function givenTransactions(bootstrap: string, topic: string, partition = 0): Promise<GivenTransactions> {
  const transactionalId = `given-${randomUUID()}`;
  const connections = new Connections('given-transactions', { requestTimeoutMs: 20_000 });
  const opened = await connections.to(parseAddress(bootstrap));
  if (opened.kind === 'failed') throw new Error(opened.message);
  const connection: Connection = opened.value;
  await patiently(
    'transaction coordinator',
    () => ask(wire.findCoordinator, connection, 1, [transactionalId]),
    ({ coordinators }) => coordinators[0]!.errorCode,
  );
  const { producerId, producerEpoch } = await patiently(
    'producer id',
    () => ask(wire.initProducerId, connection, transactionalId, 60_000),
    ({ errorCode }) => errorCode,
  );
  let sequence = 0;
  const end = async (how: 'commit' | 'abort') => {
    await patiently(
      'end of the transaction',
      () => ask(endTxnV4.api, connection, transactionalId, producerId, producerEpoch, how === 'commit'),
      ({ errorCode }) => errorCode,
    );
  };
  return {
    async write(values, how) {
      const topics = [{ name: topic, partitions: [partition] }];
      await patiently(
        'partition of the transaction',
        () =>
          ask(addPartitionsToTxnV3.api, connection, [
            { transactionalId, producerId, producerEpoch, verifyOnly: false, topics },
          ]),
        (response) => response.resultsByTransaction[0]!.topicResults[0]!.resultsByPartition[0]!.partitionErrorCode,
      );
      const messages = values.map((value) => ({ topic, partition, value: Buffer.from(value) }));
      const sequences = new NumericMap([[`${topic}:${partition}`, sequence]]);
      await patiently(
        'write in the transaction',
        () =>
          ask(wire.produce, connection, -1, 10_000, messages, {
            transactionalId,
            producerId,
            producerEpoch,
            sequences,
          }),
        (response) => (typeof response === 'boolean' ? -1 : response.responses[0]!.partitionResponses[0]!.errorCode),
      );
      sequence += values.length;
      if (how !== 'leave-open') await end(how);
    },
    end,
    close: () => connections.close(),
  };
}
