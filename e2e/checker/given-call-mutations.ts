/** Test support: calls, commits and reports that go wrong, one at a time. */
import type { Call } from './facts.ts';
import {
  endOf,
  extraCall,
  inPartition,
  isAllOk,
  isOnce,
  type Mutation,
  pairs,
  removed,
  replaced,
  startOf,
  without,
} from './given-mutation.ts';
import type { Entry, EntryOf } from './history.ts';

export const callMutations: readonly Mutation[] = [
  {
    name: 'dup-call',
    what: 'a call made twice',
    mutate: inPartition(({ history, here, pick }) => {
      const call = pick(here.calls.filter(isAllOk));
      if (call === null) return null;
      return [...history, ...extraCall(call, call.endMs + 0.2, call.endMs + 0.4, call.offsets, 'ok')];
    }),
  },
  {
    name: 'dup-call',
    what: 'what was done long before a crash, done again',
    mutate: inPartition(({ history, fates, pick }) => {
      const again = [...fates.accepted.values()].filter(([a, b]) => b !== undefined && a!.call.epoch !== b.call.epoch);
      const rules = history.find((e): e is EntryOf<'rules'> => e.kind === 'rules')!;
      if (pick(again) === null) return null;
      return replaced(history, rules, { commitIntervalMs: -100_000 });
    }),
  },
  {
    name: 'int-skip',
    what: 'a record left out of a call that failed',
    mutate: inPartition(({ history, here, pick }) => {
      const call = pick(here.calls.filter(({ verdicts, offsets }) => offsets.length > 2 && verdicts![1] === 'not-run'));
      if (call === null) return null;
      const isOther = (_: unknown, place: number): boolean => place !== 1;
      const shorter = replaced(history, startOf(history, call), { offsets: call.offsets.filter(isOther) });
      return replaced(shorter, endOf(shorter, call), { verdicts: call.verdicts!.filter(isOther) });
    }),
  },
  {
    name: 'int-nonmono',
    what: 'two records of a call in each other’s place',
    mutate: inPartition(({ history, here, pick }) => {
      const call = pick(here.calls.filter((each) => isAllOk(each) && each.offsets.length > 1));
      if (call === null) return null;
      return replaced(history, startOf(history, call), { offsets: [...call.offsets].reverse() });
    }),
  },
  {
    name: 'reorder',
    what: 'an owner that began too far on, and one that did the rest after it',
    mutate: inPartition(({ history, here, fates, pick }) => {
      const isRepeatedLater = ({ offsets, epoch }: Call): boolean =>
        offsets.every((offset) => {
          const acceptances = fates.accepted.get(offset)!;
          return acceptances.length === 2 && acceptances[1]!.call.epoch > epoch;
        });
      const pair = pick(pairs(here).filter(([one, other]) => isRepeatedLater(one) && isRepeatedLater(other)));
      if (pair === null) return null;
      const earlier = pair[0].offsets.flatMap((offset) =>
        [0, 1].flatMap(
          (index) => here.outputs.find(({ record: r }) => r.originOffset === offset && r.index === index)?.record ?? [],
        ),
      );
      const gone = new Set<Entry>(earlier);
      return without(removed(history, pair[0]), (e) => gone.has(e));
    }),
  },
  {
    name: 'rewind',
    what: 'back to what the same owner had done',
    mutate: inPartition(({ history, here, pick }) => {
      const pair = pick(pairs(here).filter(([one, other]) => other.offsets[0]! > one.offsets[0]!));
      if (pair === null) return null;
      const [one, { endMs }] = pair;
      return [...history, ...extraCall(one, endMs + 0.2, endMs + 0.4, one.offsets, 'ok')];
    }),
  },
  {
    name: 'overlap',
    what: 'a call that began before the last one ended',
    mutate: inPartition(({ history, here, pick }) => {
      const pair = pick(pairs(here).filter(([one]) => one.endMs - one.startMs > 1));
      return pair === null ? null : replaced(history, startOf(history, pair[1]), { atMs: pair[0].endMs - 0.5 });
    }),
  },
  {
    name: 'stale-call',
    what: 'a call with the epoch of before',
    mutate: inPartition(({ history, here, fates, pick }) => {
      const first = here.calls[0]!.epoch;
      const call = pick(
        here.calls.filter(
          (each, i) => each.epoch > first && here.calls[i - 1]?.epoch === each.epoch && isOnce(fates, each),
        ),
      );
      return call === null ? null : replaced(history, startOf(history, call), { epoch: call.epoch - 1 });
    }),
  },
  {
    name: 'stale-call',
    what: 'a call of an older owner, refused long after the newer one began',
    mutate: inPartition(({ history, here, pick }) => {
      const call = pick(here.calls.filter(({ epoch }) => epoch > here.calls[0]!.epoch));
      if (call === null) return null;
      const { partition, pid, epoch, startMs } = call;
      return [
        ...history,
        { kind: 'refused', atMs: startMs + 5_000, pid, partition, epoch: epoch - 1, refusal: 'stale' },
      ];
    }),
  },
  {
    name: 'stale-call',
    what: 'a take-over that did not raise the epoch',
    mutate: inPartition(({ history, here, pick }) => {
      const owned = history.filter((e): e is EntryOf<'owned'> => e.kind === 'owned' && e.partition === here.partition);
      const later = pick(owned.slice(1));
      return later === null ? null : replaced(history, later, { epoch: later.epoch - 1 });
    }),
  },
  {
    name: 'attempt-overflow',
    what: 'a record that is tried without end',
    mutate: inPartition(({ history, here, pick }) => {
      const call = pick(here.calls.filter(({ verdicts, cut }) => cut === null && verdicts![0] === 'retry'));
      if (call === null) return null;
      const more = Array.from({ length: 90 }, (_, index) => {
        const startMs = call.endMs + 0.01 * index;
        return extraCall(call, startMs, startMs + 0.005, [call.offsets[0]!], 'retry');
      });
      return [...history, ...more.flat()];
    }),
  },
];

export const otherMutations: readonly Mutation[] = [
  {
    name: 'commit-regress',
    what: 'an offset committed again after a higher one',
    mutate: inPartition(({ history, here, pick }) => {
      const commits = history.filter(
        (e): e is EntryOf<'commit'> => e.kind === 'commit' && e.partition === here.partition,
      );
      const [low, high] = [commits[1]!, pick(commits.filter(({ offset }) => offset > commits[1]!.offset))];
      if (high === null) return null;
      const { epoch, unixMs, order } = high;
      return [...history, { ...low, epoch, unixMs, order: order + 0.5 }];
    }),
  },
  {
    name: 'commit-regress',
    what: 'a commit of an older epoch',
    mutate: inPartition(({ history, here, pick }) => {
      const isLater = (e: Entry): e is EntryOf<'commit'> =>
        e.kind === 'commit' && e.partition === here.partition && e.epoch !== null && e.epoch > here.calls[0]!.epoch;
      const commit = pick(history.filter(isLater));
      return commit === null ? null : [...history, { ...commit, epoch: commit.epoch! - 1, order: commit.order + 0.5 }];
    }),
  },
  {
    name: 'status-lie',
    what: 'two that say for long that a partition is theirs',
    mutate: inPartition(({ history, here, facts }) => {
      const lies = Array.from({ length: 60 }, (_, index): Entry => {
        const atMs = facts.rest!.atMs + index * 100;
        return { kind: 'status', atMs, pid: 800 + (index % 2), owned: [here.partition], blocked: [] };
      });
      return [...history, ...lies];
    }),
  },
  {
    name: 'status-lie',
    what: 'blocked at what was committed long ago',
    mutate: inPartition(({ history, here, facts }) => {
      const blocked = [{ partition: here.partition, offset: here.visible[0]! }];
      return [...history, { kind: 'status', atMs: facts.rest!.atMs + 9_000, pid: 800, owned: [], blocked }];
    }),
  },
  {
    name: 'mem',
    what: 'more memory than is allowed',
    mutate: (history) => [...history, { kind: 'memory', atMs: 20, pid: 801, bytes: 200_000_001 }],
  },
];
