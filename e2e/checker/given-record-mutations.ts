/** Test support: records, dead letters and outputs that go wrong, one at a time. */
import {
  endOf,
  inPartition,
  isAllOk,
  isOnce,
  isOutputOf,
  type Mutation,
  removed,
  replaced,
  startOf,
  without,
} from './given-mutation.ts';
import type { EntryOf } from './history.ts';

export const fateMutations: readonly Mutation[] = [
  {
    name: 'lost',
    what: 'a call that never was',
    mutate: inPartition(({ history, here, fates, pick }) => {
      const call = pick(here.calls.filter((each) => isAllOk(each) && isOnce(fates, each)));
      if (call === null) return null;
      return without(removed(history, call), (e) => call.offsets.some((offset) => isOutputOf(e, here, offset)));
    }),
  },
  {
    name: 'lost',
    what: 'a dead letter that was never written',
    mutate: inPartition(({ history, here, pick }) => {
      const letter = pick(here.letters)?.record;
      if (letter === undefined) return null;
      return without(
        history,
        (e) =>
          e.kind === 'dead-letter' && e.originPartition === here.partition && e.originOffset === letter.originOffset,
      );
    }),
  },
  {
    name: 'skipped-commit',
    what: 'a commit before the call of what it passes',
    mutate: inPartition(({ history, here, facts, fates, pick }) => {
      const call = pick(
        here.calls.filter((each) => isAllOk(each) && isOnce(fates, each) && each.endMs - each.startMs > 3),
      );
      if (call === null) return null;
      const passing = history.find(
        (e): e is EntryOf<'commit'> =>
          e.kind === 'commit' && e.partition === here.partition && e.offset > call.offsets.at(-1)!,
      );
      const isTakeOver = !history.some(
        (e) =>
          e.kind === 'commit' &&
          e.partition === here.partition &&
          e.epoch === passing?.epoch &&
          e.order < passing!.order,
      );
      if (passing === undefined || isTakeOver) return null;
      const lateMs = facts.clock.monotonicMs(passing.unixMs) - (call.startMs - 6);
      return replaced(history, passing, { unixMs: passing.unixMs - lateMs });
    }),
  },
  {
    name: 'unseen',
    what: 'a last commit that never came',
    mutate: inPartition(({ history, here }) => {
      const last = here.visible.at(-1)!;
      return without(history, (e) => e.kind === 'commit' && e.partition === here.partition && e.offset > last);
    }),
  },
  {
    name: 'aborted-read',
    what: 'a record of an aborted transaction in a call',
    mutate: inPartition(({ history, here, pick }) => {
      const isAborted = (offset: number): boolean => here.inputs.get(offset)?.visible === false;
      const call = pick(here.calls.filter((each) => isAllOk(each) && isAborted(each.offsets.at(-1)! + 1)));
      if (call === null) return null;
      const offsets = [...call.offsets, call.offsets.at(-1)! + 1];
      const longer = replaced(history, startOf(history, call), { offsets });
      return replaced(longer, endOf(longer, call), { verdicts: offsets.map(() => 'ok') });
    }),
  },
  {
    name: 'dlt-wrong',
    what: 'a dead letter with another value',
    mutate: inPartition(({ history, here, pick }) => {
      const letter = pick(here.letters)?.record;
      return letter === undefined ? null : replaced(history, letter, { digest: 'another' });
    }),
  },
  {
    name: 'dlt-wrong',
    what: 'a dead letter of a record that was done',
    mutate: inPartition(({ history, here, fates, pick }) => {
      const offset = pick([...fates.accepted.keys()]);
      if (offset === null) return null;
      const { digest } = here.inputs.get(offset)!;
      const origin = { originPartition: here.partition, originOffset: offset };
      return [...history, { kind: 'dead-letter', offset: 100_000, appendedUnixMs: null, ...origin, digest }];
    }),
  },
];

export const outputMutations: readonly Mutation[] = [
  {
    name: 'dup-output',
    what: 'an output written twice',
    mutate: inPartition(({ history, here, fates, pick }) => {
      const output = pick(here.outputs.filter(({ record }) => fates.done.get(record.originOffset) === 1))?.record;
      return output === undefined ? null : [...history, { ...output, offset: 100_000 }];
    }),
  },
  {
    name: 'dup-output',
    what: 'a dead letter written twice',
    mutate: inPartition(({ history, here, fates, pick }) => {
      const letter = pick(here.letters)?.record;
      if (letter === undefined) return null;
      const copies = Array.from({ length: fates.calledIn.size }, (_, index) => ({
        ...letter,
        offset: 100_000 + index,
      }));
      return [...history, ...copies];
    }),
  },
  {
    name: 'torn-output',
    what: 'one of two outputs missing',
    mutate: inPartition(({ history, here, pick }) => {
      const two = pick(here.outputs.filter(({ record }) => record.index === 1))?.record;
      if (two === undefined) return null;
      return without(history, (e) => isOutputOf(e, here, two.originOffset) && e.index === 1);
    }),
  },
  {
    name: 'kseq-gap',
    what: 'no output of a record that was done',
    mutate: inPartition(({ history, here, pick }) => {
      const output = pick(here.outputs)?.record;
      return output === undefined ? null : without(history, (e) => isOutputOf(e, here, output.originOffset));
    }),
  },
  {
    name: 'ghost-output',
    what: 'an output of a record that is not there',
    mutate: inPartition(({ history, here, pick }) => {
      const output = pick(here.outputs)?.record;
      return output === undefined ? null : [...history, { ...output, offset: 100_000, originOffset: 50_000 }];
    }),
  },
  {
    name: 'reorder',
    what: 'two outputs in each other’s place',
    mutate: inPartition(({ history, here, fates, pick }) => {
      const own = here.outputs
        .map(({ record }) => record)
        .filter((r) => r.index === 0 && fates.done.get(r.originOffset) === 1);
      const [one, other] = [pick(own), pick(own)];
      if (one === null || other === null || one.originOffset === other.originOffset) return null;
      return replaced(replaced(history, one, { offset: other.offset }), other, { offset: one.offset });
    }),
  },
];
