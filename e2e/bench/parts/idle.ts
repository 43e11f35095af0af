/** Part `idle`: what an invoker costs that owns its partitions and has nothing to do. */
import { setTimeout as pause } from 'node:timers/promises';
import { step } from '../../cluster/progress.ts';
import { until } from '../../cluster/waiting.ts';
import { withConnector } from '../drained.ts';
import { waitingCode } from '../functions.ts';
import { CpuWatch, memory } from '../meter.ts';
import { spread, table } from '../numbers.ts';
import type { Part } from '../part.ts';
import type { Stage } from '../stage.ts';

const partitions = 8;
const settleMs = 5_000;
const watchMs = 15_000;

async function measure(stage: Stage) {
  const topic = await stage.kafka.topic(partitions);
  const wish = { topic, partitions, batch: 100, concurrency: 8, hosts: 1, code: waitingCode(0) };
  return withConnector(stage, 'invoker', wish, async (connector, hosts) => {
    await connector.begin();
    await until('it owns its partitions', { atMostMs: 20_000, everyMs: 50 }, async () => {
      return (await connector.report()).ownedPartitions?.length === partitions || undefined;
    });
    await pause(settleMs);
    const watch = new CpuWatch([connector.pid, stage.brokerPid, ...hosts.map(({ pid }) => pid)]);
    await pause(watchMs * stage.settings.scale);
    const { byPid, seconds, othersCores } = watch.read();
    return {
      residentMb: memory(connector.pid).residentMb,
      cpuPercent: (byPid.get(connector.pid)! / seconds) * 100,
      othersCores,
    };
  });
}

export const idlePart: Part = {
  name: 'idle',
  title: 'At rest',
  async run(stage) {
    const runs = await step('idle', async () => {
      const found: Awaited<ReturnType<typeof measure>>[] = [];
      while (found.length < stage.settings.runs) found.push(await measure(stage));
      return found;
    });
    const row = [
      'invoker',
      spread(runs.map(({ residentMb }) => residentMb)),
      spread(runs.map(({ cpuPercent }) => cpuPercent)),
    ];
    return {
      text: `A member that owns ${partitions} empty partitions.\n\n${table(['', 'resident MB', '% of a core'], [row])}`,
      othersCores: runs.map((run) => run.othersCores),
    };
  },
};
