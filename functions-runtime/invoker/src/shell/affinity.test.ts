/** Affinity: everyone is served, nobody carries more than the mean rounded up, and a change moves little. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignPartitions } from './affinity.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const pods = (count: number): string[] => range(count).map((index) => `10.1.${index % 7}.${index}:8080`);
const moved = (before: ReadonlyMap<number, string>, after: ReadonlyMap<number, string>): number =>
  [...before].filter(([partition, endpoint]) => after.get(partition) !== endpoint).length;

describe('assignPartitions', () => {
  it('gives every partition one endpoint, at most the mean rounded up to each', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 20 }),
        (partitionCount, endpointCount) => {
          const assigned = assignPartitions(range(partitionCount), pods(endpointCount));
          expect(assigned.size).toBe(partitionCount);
          const loads = Map.groupBy(assigned.values(), (endpoint) => endpoint);
          const most = Math.max(...[...loads.values()].map((list) => list.length));
          expect(most).toBeLessThanOrEqual(Math.ceil(partitionCount / endpointCount));
        },
      ),
    );
  });

  it('does not depend on the order in which endpoints are named', () => {
    expect(assignPartitions(range(32), pods(5).reverse())).toEqual(assignPartitions(range(32), pods(5)));
  });

  it('moves little when one endpoint of many comes or goes', () => {
    for (const endpointCount of [4, 8, 16]) {
      const before = assignPartitions(range(128), pods(endpointCount));
      const after = assignPartitions(range(128), pods(endpointCount + 1));
      expect(moved(before, after)).toBeLessThan((128 / endpointCount) * 2.5);
    }
  });

  it('has nothing to give without endpoints', () => {
    expect(assignPartitions(range(3), []).size).toBe(0);
  });
});
