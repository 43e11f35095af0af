// The closed loop: the real decision on constant load with chance in it comes to rest, keeps up, and does not flap.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headrace } from './scalers/headrace.ts';
import { lagOf } from './scalers/scaler.ts';
import type { Shape } from './shapes.ts';
import { World } from './world.ts';

const anyLoad = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  perSecond: fc.integer({ min: 1, max: 1_200 }),
  callMs: fc.integer({ min: 1, max: 200 }),
  recordMs: fc.integer({ min: 1, max: 8 }),
  podStartMs: fc.integer({ min: 500, max: 20_000 }),
  skew: fc.double({ min: 0, max: 0.8, noNaN: true }),
});
const anyTarget = fc.constantFrom(
  { kind: 'Lag', records: 1_000 } as const,
  { kind: 'Delay', ms: 2_000 } as const,
  { kind: 'Delay', ms: 30_000 } as const,
);
const restingSeconds = 120;
const durationSeconds = 480;

function shapeOf(load: typeof anyLoad extends fc.Arbitrary<infer T> ? T : never): Shape {
  const weights = Array.from({ length: 12 }, (_, i) => (i + 1) ** -load.skew);
  const sum = weights.reduce((a, b) => a + b, 0);
  return {
    ...load,
    name: JSON.stringify(load),
    about: '',
    durationSeconds,
    partitions: 12,
    shares: weights.map((w) => w / sum),
    maxReplicas: 12,
    rate: () => load.perSecond,
  };
}

describe('constant load', () => {
  it('comes to rest: hardly a change after two minutes, and no lag that grows', () => {
    fc.assert(
      fc.property(anyLoad, anyTarget, (load, target) => {
        const shape = shapeOf(load);
        // The busiest partition alone must be movable: no number of pods helps otherwise.
        const busiest = Math.max(...shape.shares) * load.perSecond * (load.callMs / 100 + load.recordMs);
        fc.pre(busiest < 900);
        const scaler = headrace({ name: 'ours', target, idleTimeoutMs: 60_000 });
        const world = new World(shape, scaler.group);
        const changes: string[] = [];
        while (world.nowMs < durationSeconds * 1000) {
          world.tick();
          const before = world.replicas;
          scaler.act(world);
          const isLate = world.nowMs > restingSeconds * 1000;
          if (isLate && world.replicas !== before && before > 0 && world.replicas > 0)
            changes.push(`${world.nowMs}: ${before} → ${world.replicas}`);
        }
        expect(changes.length, changes.join(', ')).toBeLessThanOrEqual(3);
        expect(lagOf(world)).toBeLessThan(Math.max(12_500, 35 * load.perSecond));
      }),
      { numRuns: 15 },
    );
  });
});
