/** Commits: newest wins, one request an interval, in line, and never under a membership or ownership that has ended. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Committer, KafkaOutcome, OffsetToCommit } from '#kafka/ports.ts';
import { type CommitOutcome, type CommitRow, Commits } from './commits.ts';

const metadata = { epoch: 1, topicId: 'id', released: false, settledAbove: [], attempts: [] };
const row = (partition: number, offset: number, epoch = 1): CommitRow => ({ partition, epoch, offset, metadata });
const refusedBy = (code: string, retriable = false) => ({ kind: 'failed', code, message: code, retriable }) as const;

function rig(answers: KafkaOutcome<null>[] = []) {
  const sent: { offsets: [number, number][]; by: Committer }[] = [];
  const told: [number, number, CommitOutcome][] = [];
  const state = {
    memberEpoch: 5,
    current: true,
    owned: new Map([
      [0, 1],
      [1, 1],
    ]),
  };
  const cluster = {
    commitOffsets: async (_group: string, _topic: string, offsets: readonly OffsetToCommit[], by: Committer) => {
      sent.push({ offsets: offsets.map(({ partition, offset }) => [partition, offset]), by });
      await new Promise((resolve) => setTimeout(resolve, 5));
      return answers.shift() ?? ({ kind: 'ok', value: null } as const);
    },
  };
  const commits = new Commits(
    cluster,
    { group: 'g', topic: 't', intervalMs: 500 },
    {
      membership: () => ({ memberId: 'm', memberEpoch: state.memberEpoch, isCurrent: () => state.current }),
      owns: (partition, epoch) => state.owned.get(partition) === epoch,
      onCommitted: ({ partition, offset }, outcome) => told.push([partition, offset, outcome]),
      onFailure: () => undefined,
    },
  );
  return { commits, sent, told, state };
}

describe('commits', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('sends the newest of each partition once an interval', async () => {
    const { commits, sent, told } = rig();
    commits.offer(row(0, 10));
    commits.offer(row(1, 7));
    commits.offer(row(0, 12));
    await vi.advanceTimersByTimeAsync(499);
    expect(sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(sent.map(({ offsets }) => offsets)).toEqual([
      [
        [0, 12],
        [1, 7],
      ],
    ]);
    expect(told).toEqual([
      [0, 12, 'ok'],
      [1, 7, 'ok'],
    ]);
  });

  it('at once on release, and an older one that waits is not sent behind it', async () => {
    const { commits, sent } = rig();
    commits.offer(row(0, 10));
    const outcome = commits.now([row(0, 12)]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(await outcome).toBe('ok');
    expect(sent.map(({ offsets }) => offsets)).toEqual([[[0, 12]]]);
  });

  it('one request at a time: what is said now goes after what is on its way', async () => {
    const { commits, sent } = rig();
    commits.offer(row(0, 10));
    await vi.advanceTimersByTimeAsync(501);
    expect(sent.length).toBe(1);
    const outcome = commits.now([row(0, 12)]);
    await vi.advanceTimersByTimeAsync(2);
    expect(sent.length).toBe(1);
    await vi.advanceTimersByTimeAsync(100);
    expect(await outcome).toBe('ok');
    expect(sent.map(({ offsets }) => offsets)).toEqual([[[0, 10]], [[0, 12]]]);
  });
});

describe('commits that do not succeed', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('a refused commit is told and never sent again', async () => {
    const { commits, sent, told } = rig([refusedBy('UNKNOWN_MEMBER_ID')]);
    commits.offer(row(0, 10));
    await vi.advanceTimersByTimeAsync(5000);
    expect(told).toEqual([[0, 10, 'refused']]);
    expect(sent.length).toBe(1);
  });

  it('what failed for a while is told, and what is offered meanwhile goes with the next interval', async () => {
    const { commits, sent, told } = rig([refusedBy('COORDINATOR_LOAD_IN_PROGRESS', true)]);
    commits.offer(row(0, 10));
    commits.offer(row(1, 3));
    await vi.advanceTimersByTimeAsync(502);
    commits.offer(row(0, 11));
    await vi.advanceTimersByTimeAsync(5000);
    expect(sent.map(({ offsets }) => offsets)).toEqual([
      [
        [0, 10],
        [1, 3],
      ],
      [[0, 11]],
    ]);
    expect(told).toEqual([
      [0, 10, 'failed'],
      [1, 3, 'failed'],
      [0, 11, 'ok'],
    ]);
  });

  it('a stale epoch: again with the new one, while the partition is still owned', async () => {
    const { commits, sent, state } = rig([refusedBy('STALE_MEMBER_EPOCH')]);
    const outcome = commits.now([row(0, 10), row(1, 3)]);
    await vi.advanceTimersByTimeAsync(1);
    state.memberEpoch = 6;
    state.owned.delete(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await outcome).toBe('ok');
    expect(sent).toMatchObject([
      {
        offsets: [
          [0, 10],
          [1, 3],
        ],
        by: { memberEpoch: 5 },
      },
      { offsets: [[0, 10]], by: { memberEpoch: 6 } },
    ]);
  });

  it('nothing is sent for what is owned no more, nor without a confirmed heartbeat', async () => {
    const { commits, sent, told, state } = rig();
    commits.offer(row(0, 10, 0));
    await vi.advanceTimersByTimeAsync(600);
    expect(told).toEqual([[0, 10, 'refused']]);
    state.current = false;
    expect(await commits.now([row(0, 10)])).toBe('failed');
    expect(sent).toEqual([]);
  });
});
