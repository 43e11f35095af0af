/** `make bench`: measures the shipped bundles against a real broker, beside a bare loop in the same run; prints tables and puts them on the page. */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { failureLines, say } from '../cluster/progress.ts';
import { machineText, thisMachine } from './machine.ts';
import { circumstancesText, withSection } from './page.ts';
import type { Part } from './part.ts';
import { drainPart } from './parts/drain.ts';
import { idlePart } from './parts/idle.ts';
import { lagPart } from './parts/lag.ts';
import { latencyPart } from './parts/latency.ts';
import { slowPartitionPart } from './parts/slow-partition.ts';
import { sourcePart } from './parts/source.ts';
import { readSettings } from './settings.ts';
import { Stage } from './stage.ts';

const page = new URL('../../docs/performance.md', import.meta.url);
const parts: readonly Part[] = [idlePart, latencyPart, sourcePart, slowPartitionPart, drainPart, lagPart];

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const machine = machineText(thisMachine());
  const command = process.env.BENCH_ONLY ? `make bench BENCH_ONLY=${process.env.BENCH_ONLY}` : 'make bench';
  say(`${machine}; load average ${loadavg()[0]!.toFixed(2)}`);
  const stage = await Stage.set(settings);
  try {
    for (const part of parts.filter(({ name }) => settings.parts.includes(name))) {
      const loadBefore = loadavg()[0]!;
      const { text, othersCores } = await part.run(stage);
      const circumstances = { date: new Date(), machine, command, runs: settings.runs, loadBefore, othersCores };
      const section = `${text}\n\n${circumstancesText(circumstances)}`;
      process.stdout.write(`\n## ${part.title}\n\n${section}\n\n`);
      if (settings.writes) writeFileSync(page, withSection(readFileSync(page, 'utf8'), part.name, section));
    }
  } finally {
    await stage.end();
  }
}

const began = performance.now();
try {
  await main();
  process.exit(0);
} catch (error) {
  for (const line of failureLines('bench', performance.now() - began, error)) say(line);
  process.exit(1);
}
