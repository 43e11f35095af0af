// What every model of a scaler is: asked once a virtual second, it may set replicas.
import type { World } from '../world.ts';

export interface Scaler {
  readonly name: string;
  /** How long consumption halts when one of its pods joins or leaves the consumer group, ms. */
  readonly rebalanceMs: number;
  /** Called every virtual second. */
  act(world: World): void;
}

/** Records produced and not done, over all partitions: the lag that every scaler can see. */
export const lagOf = (world: World): number => world.lanes.reduce((sum, l) => sum + l.produced - l.done, 0);
