/** A lane keeps records in order, and never spends a sequence number twice. */
import { describe, expect, test } from 'vitest';
import { type Identity, OutputLane, type QueuedRecord, type SendCall } from './output-lane.ts';

const limits = { maxBytes: 1_000, maxRecords: 10 };
const first: Identity = { producerId: 1n, producerEpoch: 0 };
const second: Identity = { producerId: 2n, producerEpoch: 0 };

function call(): SendCall {
  return { openRecords: 0, acknowledged: new Set(), failure: undefined, mayWrite: () => true, settle: () => {} };
}

function queued(value: string, of: SendCall, rest: Partial<QueuedRecord> = {}): QueuedRecord {
  const record = { topic: 't', key: null, value: Buffer.from(value), headers: [] };
  return { record, call: of, index: 0, bytes: 100, timestampMs: 0, giveUpAtMs: 1_000, ...rest };
}

function laneOf(...records: QueuedRecord[]): OutputLane {
  const lane = new OutputLane('t', 0);
  for (const record of records) lane.push(record);
  return lane;
}

const valuesOf = (records: readonly QueuedRecord[] | undefined) => records?.map(({ record }) => String(record.value));
const values = (lane: OutputLane, identity = first) => valuesOf(lane.nextBatch(identity, limits)?.records);
const sequence = (lane: OutputLane, identity = first) => lane.nextBatch(identity, limits)?.firstSequence;

describe('batches', () => {
  test('take what waits, up to the limits, and number it on', () => {
    const one = call();
    const lane = laneOf(...Array.from({ length: 12 }, (_, i) => queued(`${i}`, one)));
    expect(values(lane)).toHaveLength(10);
    expect(sequence(lane)).toBe(0);
    lane.written();
    expect(values(lane)).toEqual(['10', '11']);
    expect(sequence(lane)).toBe(10);
    lane.written();
    expect(lane.isIdle).toBe(true);
    expect(values(lane)).toBeUndefined();
  });

  test('a record above the limit goes alone', () => {
    const one = call();
    const lane = laneOf(queued('small', one), queued('large', one, { bytes: 5_000 }), queued('after', one));
    expect(values(lane)).toEqual(['small']);
    lane.written();
    expect(values(lane)).toEqual(['large']);
  });

  test('D7 records far apart in time do not share a batch', () => {
    const one = call();
    const lane = laneOf(
      queued('now', one, { timestampMs: 2 ** 40 }),
      queued('long ago', one),
      queued('as long ago', one),
    );
    expect(values(lane)).toEqual(['now']);
    lane.written();
    expect(values(lane)).toEqual(['long ago', 'as long ago']);
  });

  test('leave out what belongs to a call that failed already', () => {
    const [failed, other] = [call(), call()];
    const lane = laneOf(queued('a', failed), queued('b', other), queued('c', failed));
    failed.failure = { kind: 'failed', code: 'X', message: '', retriable: false };
    expect(values(lane)).toEqual(['b']);
    lane.written();
    expect(values(lane)).toBeUndefined();
    expect(lane.isIdle).toBe(true);
  });

  test('sequence numbers go on from 0 after the greatest', () => {
    const one = call();
    const lane = laneOf(queued('a', one));
    values(lane);
    lane.written();
    // As after 2^31 - 2 records more.
    for (const record of ['b', 'c']) lane.push(queued(record, one));
    const batch = lane.nextBatch(first, limits)!;
    Object.assign(batch, { firstSequence: 2 ** 31 - 1 });
    lane.written();
    lane.push(queued('d', one));
    expect(sequence(lane)).toBe(1);
  });
});

describe('a retry', () => {
  test('is the same batch with the same numbers, whatever was sent meanwhile', () => {
    const one = call();
    const lane = laneOf(queued('a', one));
    const batch = lane.nextBatch(first, limits);
    batch!.inDoubt = true;
    lane.push(queued('b', one));
    expect(lane.nextBatch(second, limits)).toBe(batch);
  });

  test('a lane with nothing open goes over to a newer producer id, from 0', () => {
    const one = call();
    const lane = laneOf(queued('a', one));
    values(lane);
    lane.written();
    lane.push(queued('b', one));
    expect(lane.nextBatch(second, limits)).toMatchObject({ identity: second, firstSequence: 0 });
  });
});

describe('a refusal', () => {
  test('for its size: halves, in order, under the numbers that were not used', () => {
    const one = call();
    const lane = laneOf(queued('a', one), queued('b', one), queued('c', one));
    values(lane);
    expect(lane.halve()).toBe(true);
    expect(values(lane)).toEqual(['a', 'b']);
    expect(sequence(lane)).toBe(0);
    lane.written();
    expect(values(lane)).toEqual(['c']);
    expect(sequence(lane)).toBe(2);
    expect(lane.halve()).toBe(false);
  });

  test('for its content: call by call, so that the innocent do not fail with the guilty', () => {
    const [guilty, innocent] = [call(), call()];
    const lane = laneOf(queued('a', innocent), queued('b', guilty), queued('c', innocent));
    expect(values(lane)).toEqual(['a', 'b', 'c']);
    expect(lane.tellCallsApart()).toBe(true);
    expect(values(lane)).toEqual(['a']);
    lane.written();
    expect(values(lane)).toEqual(['b']);
    expect(lane.tellCallsApart()).toBe(false);
    expect(valuesOf(lane.dropBatch())).toEqual(['b']);
    expect(values(lane)).toEqual(['c']);
    expect(sequence(lane)).toBe(1);
  });

  test('D1 after a try in doubt: the numbers may be spent, so the lane waits for another producer id', () => {
    const [one, other] = [call(), call()];
    const lane = laneOf(queued('a', one), queued('b', other));
    lane.nextBatch(first, limits)!.inDoubt = true;
    expect(lane.tellCallsApart()).toBe(true);
    expect(lane.needsOther(first)).toBe(true);
    expect(values(lane, first)).toBeUndefined();
    expect(values(lane, second)).toEqual(['a']);
    expect(sequence(lane, second)).toBe(0);
  });
});

describe('giving up', () => {
  test('takes everything, and the numbers with it when the broker does not accept them', () => {
    const one = call();
    const lane = laneOf(queued('a', one), queued('b', one));
    lane.nextBatch(first, { ...limits, maxRecords: 1 });
    expect(valuesOf(lane.dropAll(true))).toEqual(['a', 'b']);
    lane.push(queued('c', one));
    expect(lane.needsOther(first)).toBe(true);
    expect(values(lane, second)).toEqual(['c']);
  });

  test('of a batch that was never sent costs no numbers', () => {
    const one = call();
    const lane = laneOf(queued('a', one));
    values(lane);
    lane.dropAll(false);
    lane.push(queued('b', one));
    expect(lane.needsOther(first)).toBe(false);
    expect(sequence(lane)).toBe(0);
  });

  test('is due when the oldest record is late', () => {
    const lane = laneOf(queued('a', call()));
    expect(lane.isOverdue(999)).toBe(false);
    expect(lane.isOverdue(1_000)).toBe(true);
  });
});

describe('calls that may not be written any more', () => {
  function withdrawable(): SendCall & { mine: boolean } {
    const made = { ...call(), mine: true };
    return Object.assign(made, { mayWrite: () => made.mine });
  }

  test('leave the queue when their turn comes; those around them stay in order', () => {
    const [stays, goes] = [call(), withdrawable()];
    const lane = laneOf(queued('a', stays), queued('b', goes), queued('c', goes), queued('d', stays));
    goes.mine = false;
    expect(values(lane)).toEqual(['a', 'd']);
    expect(goes.failure).toMatchObject({ code: 'WITHDRAWN', retriable: false });
  });

  test('leave a batch that surely was not written; its numbers are free again', () => {
    const [stays, goes] = [call(), withdrawable()];
    const lane = laneOf(queued('a', stays), queued('b', goes), queued('c', stays));
    expect(values(lane)).toEqual(['a', 'b', 'c']);
    expect(lane.stillWanted()).toBe(true);
    goes.mine = false;
    expect(lane.stillWanted()).toBe(false);
    expect([values(lane), sequence(lane)]).toEqual([['a', 'c'], 0]);
  });

  test('leave a batch in doubt when it is all theirs: what comes goes under another producer id', () => {
    const goes = withdrawable();
    const lane = laneOf(queued('a', goes));
    lane.nextBatch(first, limits)!.inDoubt = true;
    goes.mine = false;
    lane.push(queued('b', call()));
    expect(values(lane)).toBeUndefined();
    expect(lane.needsOther(first)).toBe(true);
    expect([values(lane, second), sequence(lane, second)]).toEqual([['b'], 0]);
  });

  test('stay in a batch in doubt with others, whose records would be written twice', () => {
    const [stays, goes] = [call(), withdrawable()];
    const lane = laneOf(queued('a', stays), queued('b', goes));
    lane.nextBatch(first, limits)!.inDoubt = true;
    goes.mine = false;
    expect(values(lane)).toEqual(['a', 'b']);
    expect(goes.failure).toBeUndefined();
  });
});
