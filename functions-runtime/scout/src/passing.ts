// Moves positions of sleeping groups past what nobody can see, as far as a watch has looked.
import type { WatchedPartition } from '#kafka/ports.ts';
import type { OffsetKeeper } from './offset-keeping.ts';
import { passedTo, positionIn, type Sleeper } from './sleepers.ts';

export interface Passing {
  /** Nothing is visible from the watched position up to `position`: committed for the sleeper, as long as it sleeps. */
  pass(uid: string, watched: WatchedPartition, position: number): void;
}

interface Seen {
  readonly begin: number;
  readonly end: number;
}
const nothing: Seen = { begin: 0, end: 0 };

/** Markers may come quicker than commits end: what is passed meanwhile goes with the next, which begins where the last one ended. */
export function createPassing(sleepers: Map<string, Sleeper>, keeper: Pick<OffsetKeeper, 'pass'>): Passing {
  /** By binding and partition: between these nothing is visible. */
  const seen = new Map<string, Seen>();

  async function run(uid: string, partition: number, newest: () => Seen | undefined): Promise<void> {
    for (let isPassed = true; isPassed; ) {
      const sleeper = sleepers.get(uid);
      const from = sleeper === undefined ? null : positionIn(sleeper, partition);
      const { begin, end: to } = newest() ?? nothing;
      if (sleeper === undefined || from === null || from < begin || from >= to) return;
      isPassed = await keeper.pass(sleeper.binding, partition, from, to);
      const known = sleepers.get(uid);
      if (isPassed && known !== undefined && (positionIn(known, partition) ?? to) < to)
        sleepers.set(uid, passedTo(known, partition, to));
    }
  }

  return {
    pass(uid, watched, position) {
      const key = `${uid} ${watched.topicId} ${watched.partition}`;
      const isRunning = seen.has(key);
      seen.set(key, { begin: watched.position, end: position });
      if (isRunning) return;
      void run(uid, watched.partition, () => seen.get(key)).finally(() => seen.delete(key));
    },
  };
}
