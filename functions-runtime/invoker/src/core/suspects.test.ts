// Who is guilty: a few records among a thousand, the one that kills the invoker, or nobody because the function is down.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runToRest, settleAll } from './model/drive.ts';
import type { Nature } from './model/fates.ts';
import { Chance } from './model/function.ts';
import { PartitionLog } from './model/log.ts';
import { World } from './model/world.ts';

const runs = Math.ceil(Number(process.env.CORE_RUNS ?? 10_000) / 60);

function worldWith(logs: PartitionLog[], maxRecords: number, maxAttempts: number, seed: number): World {
  const jitter = new Chance(seed);
  return new World(
    {
      batch: { maxRecords, maxBytes: 1_000_000, maxWaitMs: 0 },
      maxBufferedBytes: 10_000_000,
      callTimeoutMs: 1000,
      retry: { maxAttempts, initialBackoffMs: 100, maxBackoffMs: 10_000, maxAgeMs: 3_600_000 },
      onExhausted: 'DeadLetter',
      patienceMs: 120_000,
      publishes: true,
      random: () => jitter.next(1000) / 1000,
    },
    logs,
  );
}

function logOf(partition: number, count: number, natureOf: (index: number) => Nature): PartitionLog {
  const log = new PartitionLog(partition, 0);
  for (let index = 0; index < count; index += 1) log.append(natureOf(index), 0);
  return log;
}

const deadLetters = (log: PartitionLog): number[] =>
  log.fates.filter(({ deadLettered }) => deadLettered).map(({ offset }) => offset);

describe('poison among a thousand', () => {
  const records = 1000;
  const poisons = fc.uniqueArray(fc.nat(records - 1), { minLength: 1, maxLength: 4 });
  const kinds = fc.constantFrom<Nature>('poison', 'refused', 'reject', 'huge');

  it('D6: exactly the guilty ones are dead-lettered, wherever they are, however large the batches', () => {
    fc.assert(
      fc.property(
        poisons,
        kinds,
        fc.constantFrom(1, 7, 100, 1000),
        fc.integer({ min: 1, max: 10 }),
        fc.nat(),
        (bad, kind, maxRecords, maxAttempts, seed) => {
          const log = logOf(0, records, (index) => (bad.includes(index) ? kind : 'fine'));
          const world = worldWith([log], maxRecords, maxAttempts, seed);
          world.hostMaxBytes = kind === 'huge' ? 800 : Number.POSITIVE_INFINITY;
          runToRest(world, 20_000);
          expect(deadLetters(log)).toEqual([...bad].sort((a, b) => a - b));
          expect(log.committed.offset).toBe(records);
        },
      ),
      { numRuns: Math.ceil(runs / 5), interruptAfterTimeLimit: 30_000 },
    );
  });

  it('one is found with two calls for each halving and the attempts that it has', () => {
    fc.assert(
      fc.property(fc.nat(records - 1), fc.nat(), (bad, seed) => {
        const log = logOf(0, records, (index) => (index === bad ? 'poison' : 'fine'));
        const world = worldWith([log], records, 10, seed);
        world.hostMaxBytes = Number.POSITIVE_INFINITY;
        runToRest(world, 20_000);
        // 1000 → 500 → … → 1 are ten halvings; growing again behind the record takes as many; the fetches of the model cut the log in pieces.
        expect(world.callsMade - world.fetches).toBeLessThanOrEqual(2 * 10 + 10 + 10);
      }),
      { numRuns: Math.ceil(runs / 5), interruptAfterTimeLimit: 30_000 },
    );
  });
});

describe('a record that kills the invoker', () => {
  const records = 60;
  const killing = fc.record({
    partitions: fc.integer({ min: 1, max: 4 }),
    bad: fc.nat(records - 1),
    maxRecords: fc.constantFrom(1, 5, 32),
    maxAttempts: fc.integer({ min: 1, max: 5 }),
    lazyCommits: fc.boolean(),
    seed: fc.nat(),
  });

  it('D6: is found and dead-lettered, and nobody else, though all partitions die with it', () => {
    fc.assert(
      fc.property(killing, ({ partitions, bad, maxRecords, maxAttempts, lazyCommits, seed }) => {
        const logs = Array.from({ length: partitions }, (_, partition) =>
          logOf(partition, records, (index) => (partition === 0 && index === bad ? 'killer' : 'fine')),
        );
        const world = worldWith(logs, maxRecords, maxAttempts, seed);
        world.hostMaxBytes = Number.POSITIVE_INFINITY;
        world.lazyCommits = lazyCommits;
        runToRest(world, 8_000);
        expect(logs.map(deadLetters)).toEqual([[bad], ...logs.slice(1).map(() => [])]);
        // Each death brings the commit closer to the killer, at least by half of the way; then it dies alone, once for each attempt.
        const halvings = Math.ceil(Math.log2(records)) + 1;
        expect(world.crashes).toBeLessThanOrEqual(halvings + Math.max(maxAttempts, 2) + 1);
      }),
      { numRuns: runs, interruptAfterTimeLimit: 30_000 },
    );
  });
});

describe('the function is down', () => {
  it('for two minutes: nothing is dead-lettered, however many partitions there are, and all is processed afterwards', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom(1, 10),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 0, max: 120_000 }),
        fc.nat(),
        (partitions, maxRecords, maxAttempts, downMs, seed) => {
          const logs = Array.from({ length: partitions }, (_, partition) => logOf(partition, 5, () => 'chatty'));
          const world = worldWith(logs, maxRecords, maxAttempts, seed);
          for (const { partition } of logs) world.gain(partition);
          for (const { partition } of logs) world.fetch(partition, 2);
          world.outage = true;
          const endMs = world.atMs + downMs;
          runToRest(world, 20_000, () => world.atMs >= endMs);
          world.outage = false;
          settleAll(world);
          expect(logs.flatMap(deadLetters)).toEqual([]);
        },
      ),
      { numRuns: runs, interruptAfterTimeLimit: 30_000 },
    );
  });

  it.each([1, 8])(
    'for a day, %i partitions: few are given up, the second after four more minutes, the next after eight',
    (partitions) => {
      const logs = Array.from({ length: partitions }, (_, partition) => logOf(partition, 50, () => 'fine'));
      const world = worldWith(logs, 10, 2, 1);
      world.outage = true;
      const begunMs = world.atMs;
      const givenUpAfter = (minutes: number): number => {
        runToRest(world, 200_000, () => world.atMs >= begunMs + minutes * 60_000);
        return logs.flatMap(deadLetters).length;
      };
      expect([2, 5, 8, 16, 60].map(givenUpAfter)).toEqual([0, 1, 2, 3, 4]);
      expect(world.core.snapshot()).toMatchObject({ circuitOpen: true, functionAvailable: false });
      expect(world.core.snapshot().doubt?.waiting).toHaveLength(partitions);
      // Here `maxAge` is an hour: one more each hour.
      expect(givenUpAfter(24 * 60)).toBeLessThanOrEqual(4 + 24);
      world.outage = false;
      settleAll(world);
      expect(logs.flatMap(deadLetters).length).toBeLessThanOrEqual(4 + 24);
    },
  );

  it('D8: or so it seems, where every partition has poison at its head: in bounded time that, and nothing else, is given up', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom(1, 10),
        fc.integer({ min: 1, max: 10 }),
        fc.nat(),
        (partitions, maxRecords, maxAttempts, seed) => {
          const logs = Array.from({ length: partitions }, (_, partition) =>
            logOf(partition, 20, (index) => (index === 0 || index === 7 + partition ? 'poison' : 'fine')),
          );
          const world = worldWith(logs, maxRecords, maxAttempts, seed);
          const begunMs = world.atMs;
          settleAll(world);
          expect(logs.map(deadLetters)).toEqual(logs.map((_, partition) => [0, 7 + partition]));
          expect(world.atMs - begunMs).toBeLessThan(30 * 60_000);
        },
      ),
      { numRuns: Math.ceil(runs / 5), interruptAfterTimeLimit: 30_000 },
    );
  });
});
