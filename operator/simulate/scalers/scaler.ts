// What every model of a scaler is: asked at every tick of virtual time, it may set replicas.
import type { GroupMembers, World } from '../world.ts';

export interface Scaler {
  readonly name: string;
  readonly group: GroupMembers;
  act(world: World): void;
}

/** Records produced and not done, over all partitions: the lag that every scaler can see. */
export const lagOf = (world: World): number => world.lanes.reduce((sum, l) => sum + l.produced - l.done, 0);
export const doneOf = (world: World): number => world.lanes.reduce((sum, l) => sum + l.done, 0);

/**
 * How long consumption halts where the scaled pods are the consumers, ms: Kafka's `group.initial.rebalance.delay.ms` is 3 s, and users
 * report 10 s and more for a change (kedacore/keda#2401, #5096). `none` is the kinder variant: members come and go without any halt.
 */
export const halts = { usual: 3_000, none: 0 } as const;
