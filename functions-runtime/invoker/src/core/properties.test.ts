/**
 * Random interleavings against a model that checks every effect: arrivals with gaps, all kinds of answers, late answers, failed writes, refused
 * commits, revocations, losses, crashes. CORE_RUNS sets the number of runs, CORE_SEED repeats one series; a failure prints both.
 */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { act, settleAll } from './model/drive.ts';
import { natures } from './model/fates.ts';
import { Chance } from './model/function.ts';
import { PartitionLog } from './model/log.ts';
import { World } from './model/world.ts';
import type { CoreSettings } from './settings.ts';

const runs = Number(process.env.CORE_RUNS ?? 10_000);
const seed = Number(process.env.CORE_SEED ?? Math.floor(Math.random() * 2 ** 31));

const plan = fc.record({
  partitions: fc.integer({ min: 1, max: 3 }),
  records: fc.integer({ min: 0, max: 12 }),
  logSeed: fc.nat(),
  settings: fc.record({
    maxRecords: fc.integer({ min: 1, max: 6 }),
    maxBytes: fc.constantFrom(150, 400, 5000),
    maxWaitMs: fc.constantFrom(0, 0, 50),
    maxBufferedBytes: fc.constantFrom(200, 1200, 100_000),
    maxAttempts: fc.integer({ min: 1, max: 4 }),
    maxAgeMs: fc.constantFrom(500, 300_000),
    onExhausted: fc.constantFrom('DeadLetter' as const, 'DeadLetter' as const, 'Drop' as const, 'Block' as const),
    jitter: fc.nat(),
  }),
  choices: fc.array(fc.nat(), { maxLength: 120, size: 'max' }),
});
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

function worldOf({ partitions, records, logSeed, settings: s }: Plan): World {
  const chance = new Chance(logSeed);
  const logs = Array.from({ length: partitions }, (_, partition) => {
    const log = new PartitionLog(partition, chance.next(20));
    for (let count = 0; count < records; count += 1)
      log.append(natures[chance.next(natures.length)]!, chance.next(4) === 0 ? 2 : 0);
    if (chance.next(3) === 0) log.settleBefore((index) => index > 0 && chance.next(3) === 0);
    return log;
  });
  const jitter = new Chance(s.jitter);
  const settings: CoreSettings = {
    batch: { maxRecords: s.maxRecords, maxBytes: s.maxBytes, maxWaitMs: s.maxWaitMs },
    maxBufferedBytes: s.maxBufferedBytes,
    callTimeoutMs: 1000,
    retry: { maxAttempts: s.maxAttempts, initialBackoffMs: 100, maxBackoffMs: 1000, maxAgeMs: s.maxAgeMs },
    onExhausted: s.onExhausted,
    patienceMs: 120_000,
    publishes: true,
    random: () => jitter.next(1000) / 1000,
  };
  return new World(settings, logs);
}

describe(`properties, CORE_SEED=${seed} CORE_RUNS=${runs}`, () => {
  it('D1 D2 D3 D4 D5 D6 D8 D9 D10 P1 P2 P3 hold whatever happens in whatever order', () => {
    fc.assert(
      fc.property(plan, (each) => {
        const world = worldOf(each);
        try {
          for (const choice of each.choices) act(world, choice);
          settleAll(world);
        } catch (cause) {
          throw new Error(`${String(cause)}\n${world.tell()}`, { cause });
        }
      }),
      { seed, numRuns: runs, interruptAfterTimeLimit: 50_000 },
    );
  });
});
