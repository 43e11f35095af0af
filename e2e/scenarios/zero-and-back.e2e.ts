// Promise: with nothing to do there is no invoker and no function pod; the first record brings them back, and then they go again.
import { expect } from 'vitest';
import { functionDeployment, invokerStatefulSet } from '#api/names.ts';
import { streamBinding } from '../given/binding.ts';
import { copyCode, eventFunction } from '../given/function.ts';
import { scenario } from '../given/stage.ts';
import { startTraffic } from '../given/traffic.ts';
import { says } from '../then/conditions.ts';
import { drained, flowing } from '../then/flow.ts';
import { atZero, none, recordReplicas, some, went } from '../then/replicas.ts';
import { verdictOf } from '../then/verdict.ts';

const name = 'sleeper';
const idleTimeoutSeconds = 5;
/** Beyond the idle time: sampling, the decision, the drain of the invokers, the end of the pods. */
const toZeroSeconds = 15;

scenario('zero → wake → zero', async ({ stage }) => {
  const { kubernetes, bootstrapInCluster: bootstrapServer } = stage;
  const { input, output } = await stage.made({ input: 8, output: 8 });
  await kubernetes.apply(
    eventFunction(name, copyCode(1)),
    streamBinding(name, {
      ...{ topic: input, bootstrapServer, output: { topic: output } },
      scaling: { idleTimeout: `${idleTimeoutSeconds}s`, maxInvokers: 2 },
    }),
  );
  await says(kubernetes, 'streambindings', name, 'Ready', { status: 'True' }, { withinMs: 60_000 });
  await says(kubernetes, 'streambindings', name, 'Active', { status: 'False' }, { withinMs: 60_000 });
  const [functions, invokers] = [
    recordReplicas(kubernetes, 'deployments', functionDeployment(name)),
    recordReplicas(kubernetes, 'statefulsets', invokerStatefulSet(name)),
  ];
  const zero = (withinMs: number) =>
    Promise.all([
      atZero(kubernetes, 'deployments', functionDeployment(name), { withinMs }),
      atZero(kubernetes, 'statefulsets', invokerStatefulSet(name), { withinMs }),
    ]);
  await zero(60_000);

  const [wakes, rests]: [number[], number[]] = [[], []];
  const sent: string[] = [];
  for (const perSecond of [1, 200]) {
    const before = await stage.topics.ends(output);
    const startedMs = performance.now();
    // The second wake-up meets a crowd, the first a single event.
    const traffic = startTraffic(stage.topics, {
      ...{ topic: input, perSecond, forMs: perSecond === 1 ? 1_000 : 5_000 },
      firstId: sent.length,
    });
    await flowing(stage, output, before + 1, { withinMs: 60_000 });
    wakes.push(performance.now() - startedMs);
    sent.push(...(await traffic.finished));
    const lastEventMs = performance.now();
    await drained(stage, name, input, { withinMs: 60_000 });
    await zero((idleTimeoutSeconds + toZeroSeconds) * 1_000);
    rests.push(performance.now() - lastEventMs);
  }

  await Promise.all([functions.stop(), invokers.stop()]);
  const steps = [none, some, none, some, none];
  expect(went(functions.seen, steps), `function pods went ${functions.seen.join(' → ')}`).toBe(true);
  expect(went(invokers.seen, steps), `invokers went ${invokers.seen.join(' → ')}`).toBe(true);
  const verdict = await verdictOf(stage, { sent, input, outputs: [output] });
  expect(verdict.problems).toEqual([]);
  expect(verdict.duplicates).toBe(0);
  stage.figure(`from the first event to the first output, from zero: ${inSeconds(wakes)}`);
  stage.figure(`from the last event to zero, of these ${idleTimeoutSeconds} s idle time: ${inSeconds(rests)}`);
  stage.figure(`function pods ${functions.seen.join(' → ')}, invokers ${invokers.seen.join(' → ')}`);
});

const inSeconds = (times: readonly number[]): string => times.map((ms) => `${(ms / 1000).toFixed(1)} s`).join(' and ');
