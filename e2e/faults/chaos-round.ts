/** One round of chaos: the plan of a seed carried out on a broker, then the history checked. */
import { setTimeout as pause } from 'node:timers/promises';
import { Chance } from '../auction/chance.ts';
import type { Broker } from '../cluster/broker.ts';
import { type ChaosFault, type ChaosPlan, chaosPlan } from './chaos-plan.ts';
import { groundOn } from './ground.ts';
import { Nemesis } from './nemesis.ts';
import type { Ended } from './scenarios.ts';
import { Scene } from './scene.ts';

export async function chaosRound(seed: number, broker: Broker): Promise<Ended> {
  const plan = chaosPlan(seed, new Chance(seed));
  const scene = await Scene.begin(plan.scene, groundOn(broker));
  try {
    await scene.untilOwned(Math.min(plan.scene.placed, plan.scene.partitions ?? 8));
    await carryOut(plan, scene, broker);
    return await scene.end();
  } finally {
    await scene.dispose();
  }
}

/** Faults of different things may overlap; two of the same thing come one after the other. */
async function carryOut({ steps }: ChaosPlan, scene: Scene, broker: Broker): Promise<void> {
  const nemesis = new Nemesis(scene);
  const lines = new Map<string, Promise<void>>();
  for (const { afterMs, fault } of steps) {
    await pause(afterMs);
    const line = lineOf(fault);
    const before = lines.get(line) ?? Promise.resolve();
    lines.set(
      line,
      before.then(() => act(nemesis, fault, broker)),
    );
  }
  await Promise.all(lines.values());
}

function lineOf(fault: ChaosFault): string {
  switch (fault.kind) {
    case 'kill-invoker':
    case 'restart-invoker':
    case 'pause-invoker':
      return `invoker ${fault.ordinal}`;
    case 'kill-host':
      return `host ${fault.index}`;
    case 'restart-broker':
    case 'pause-broker':
      return 'broker';
    case 'place':
    case 'fail-function':
      return fault.kind;
  }
}

function act(nemesis: Nemesis, fault: ChaosFault, broker: Broker): Promise<void> {
  switch (fault.kind) {
    case 'kill-invoker':
      return nemesis.killInvoker(fault.ordinal);
    case 'restart-invoker':
      return nemesis.restartInvoker(fault.ordinal);
    case 'pause-invoker':
      return nemesis.pauseInvoker(fault.ordinal, fault.forMs);
    case 'place':
      return nemesis.place(fault.invokers);
    case 'kill-host':
      return nemesis.killHost(fault.index);
    case 'restart-broker':
      return nemesis.restartBroker(broker, fault.signal);
    case 'pause-broker':
      return nemesis.pauseBroker(broker, fault.forMs);
    case 'fail-function':
      return nemesis.failFunction(fault.forMs);
  }
}
