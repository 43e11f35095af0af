// Who is quiet, from where it is watched, and what a record or a marker makes of it.
import { describe, expect, it } from 'vitest';
import type { BindingSample, PartitionSample, ScoutBinding } from '#contract/scout.ts';
import { afterSample, isQuiet, passedTo, quietMs, type Sleeper, watchedPositions, wokenSample } from './sleepers.ts';

const binding = (uid = 'u', topic = 't'): ScoutBinding => ({
  uid,
  name: uid,
  bootstrapServers: ['b:1'],
  topic,
  consumerGroup: uid,
  initialOffset: { kind: 'Earliest' },
  mayPosition: true,
  requiredTopics: [],
});
const p = (partition: number, logEnd: number, committed: number | null, logStart = 0): PartitionSample => ({
  partition,
  logStart,
  logEnd,
  committed,
  lag: Math.max(0, logEnd - Math.max(committed ?? logStart, logStart)),
});
const sample = (atMs: number, partitions: readonly PartitionSample[], positioned = true): BindingSample => ({
  uid: 'u',
  atMs,
  outcome: { kind: 'sampled', topicId: 'id', positioned, partitions, delayMs: 0 },
});
const asleep = (b: ScoutBinding, ...partitions: readonly PartitionSample[]): Sleeper => {
  const sleeper = afterSample(null, b, sample(0, partitions));
  if (sleeper === null) throw new Error('it is awake');
  return sleeper;
};

describe('quiet', () => {
  const b = binding();
  it('is who owes nothing and gets nothing for a while', () => {
    const first = afterSample(null, b, sample(0, [p(0, 5, 5)]));
    const second = afterSample(first, b, sample(quietMs, [p(0, 5, 5)]));
    expect(second?.sinceMs).toBe(0);
    expect(isQuiet(second as Sleeper, quietMs - 1)).toBe(false);
    expect(isQuiet(second as Sleeper, quietMs)).toBe(true);
  });
  it.each([
    ['something is owed', sample(1, [p(0, 6, 5)])],
    ['a position is missing', sample(1, [p(0, 5, 5)], false)],
    [
      'the sample failed',
      { uid: 'u', atMs: 1, outcome: { kind: 'failed', reason: 'SampleFailed', message: '' } } as const,
    ],
  ])('is nobody of whom %s', (_, seen) => {
    expect(afterSample(asleep(b, p(0, 5, 5)), b, seen)).toBeNull();
  });
  it('begins anew with what came and was done, with another topic, with another spec', () => {
    const known = asleep(b, p(0, 5, 5));
    expect(afterSample(known, b, sample(9, [p(0, 6, 6)]))?.sinceMs).toBe(9);
    expect(afterSample({ ...known, topicId: 'other' }, b, sample(9, [p(0, 5, 5)]))?.sinceMs).toBe(9);
    expect(afterSample(known, { ...b, consumerGroup: 'other' }, sample(9, [p(0, 5, 5)]))?.sinceMs).toBe(9);
  });
  it('goes on with a new document that says the same', () => {
    expect(afterSample(asleep(b, p(0, 5, 5)), binding(), sample(9, [p(0, 5, 5)]))?.sinceMs).toBe(0);
  });
});

describe('watched', () => {
  it('is each partition once, from the lowest position', () => {
    const sleepers = [asleep(binding('a'), p(0, 5, 5), p(1, 7, 7)), asleep(binding('b'), p(0, 3, 3))];
    expect(watchedPositions(sleepers)).toEqual([
      { topic: 't', topicId: 'id', partition: 0, position: 3 },
      { topic: 't', topicId: 'id', partition: 1, position: 7 },
    ]);
  });
  it('from the log start where that is later', () => {
    expect(watchedPositions([asleep(binding(), p(0, 9, 4, 9))])[0]?.position).toBe(9);
  });
});

describe('a record', () => {
  const sleeper = asleep(binding(), p(0, 5, 5), p(1, 7, 7));
  it('is work, at least as much as is known of', () => {
    const woken = wokenSample(sleeper, 1, 9, 50);
    expect(woken).toMatchObject({
      uid: 'u',
      atMs: 50,
      outcome: { kind: 'sampled', partitions: [{ lag: 0 }, { lag: 3, logEnd: 10 }] },
    });
  });
  it('that was done already, or of another partition, is none', () => {
    expect(wokenSample(sleeper, 1, 6, 50)).toBeNull();
    expect(wokenSample(sleeper, 4, 6, 50)).toBeNull();
  });
  it('after markers that were passed counts from behind them', () => {
    const passed = passedTo(sleeper, 1, 10);
    expect(watchedPositions([passed])[1]?.position).toBe(10);
    expect(wokenSample(passed, 1, 10, 50)).toMatchObject({ outcome: { partitions: [{ lag: 0 }, { lag: 1 }] } });
  });
});
