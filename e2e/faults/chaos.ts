/**
 * `make chaos`: rounds of random faults for HEADRACE_CHAOS_MINUTES (30), each from a seed of its own that is printed, each checked. HEADRACE_CHAOS_SEED
 * repeats one round. Ends with 1 unless every round was valid; the histories of others are kept and their folders named.
 */
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chance } from '../auction/chance.ts';
import { summary } from '../checker/report-text.ts';
import { chaosPlan } from './chaos-plan.ts';
import { chaosRound } from './chaos-round.ts';
import { startFaultyBroker } from './ground.ts';

const minutes = Number(process.env.HEADRACE_CHAOS_MINUTES ?? 30);
const only = process.env.HEADRACE_CHAOS_SEED;
const keepIn = process.env.HEADRACE_KEEP_HISTORY ?? join(tmpdir(), `chaos-histories-${process.pid}`);
process.env.HEADRACE_KEEP_HISTORY = keepIn;
mkdirSync(keepIn, { recursive: true });

const endMs = performance.now() + minutes * 60_000;
const seeds = function* (): Generator<number> {
  if (only !== undefined) {
    yield Number(only);
    return;
  }
  while (performance.now() < endMs) yield Math.floor(Math.random() * 2 ** 31);
};

const tallies = { valid: 0, invalid: 0, inconclusive: 0, broken: 0 };
const broker = await startFaultyBroker();
try {
  for (const seed of seeds()) {
    const { steps } = chaosPlan(seed, new Chance(seed));
    console.log(`· seed ${seed}: ${steps.map(({ fault }) => fault.kind).join(', ')}`);
    try {
      const { report, text } = await chaosRound(seed, broker);
      tallies[report.verdict] += 1;
      console.log(report.verdict === 'valid' ? `  ${summary(report)}` : text);
    } catch (error) {
      tallies.broken += 1;
      console.log(`  the round broke off: ${(error as Error).message}`);
    }
  }
} finally {
  await broker.dispose();
}
const red = tallies.invalid + tallies.inconclusive + tallies.broken;
console.log(
  `${tallies.valid} rounds valid, ${tallies.invalid} invalid, ${tallies.inconclusive} inconclusive, ${tallies.broken} broken off`,
);
if (red > 0) console.log(`histories: ${keepIn}; repeat a round with HEADRACE_CHAOS_SEED=…`);
process.exit(red > 0 ? 1 : 0);
