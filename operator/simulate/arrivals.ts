// The records of a shape, drawn once: every scaler meets the very same ones.
import { poisson, randomOf } from './random.ts';
import type { Shape } from './shapes.ts';

/** Resolution of arrivals and pod starts. Calls end when they end, also between two ticks. */
export const tickMs = 100;

export interface Arrivals {
  /** Records that come to `partition` at tick `tick`, counted from 1. */
  at(tick: number, partition: number): number;
}

const drawn = new Map<string, Arrivals>();

export function arrivalsOf(shape: Shape): Arrivals {
  const known = drawn.get(shape.name);
  if (known !== undefined) return known;
  const arrivals = draw(shape);
  drawn.set(shape.name, arrivals);
  return arrivals;
}

function draw(shape: Shape): Arrivals {
  const random = randomOf(shape.seed);
  const ticks = (shape.durationSeconds * 1000) / tickMs;
  const counts = new Uint32Array(ticks * shape.partitions);
  let at = 0;
  for (let tick = 1; tick <= ticks; tick++) {
    const perTick = (shape.rate((tick * tickMs) / 1000) * tickMs) / 1000;
    for (const share of shape.shares) counts[at++] = poisson(perTick * share, random);
  }
  return { at: (tick, partition) => counts[(tick - 1) * shape.partitions + partition] ?? 0 };
}
