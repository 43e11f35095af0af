// Promise: the first record at a binding that rests wakes it at once, again and again; how long each part takes is measured (`make wakes`).
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { expect, inject } from 'vitest';
import { functionDeployment, invokerStatefulSet, scoutName } from '#api/names.ts';
import { scoutPort } from '#contract/scout.ts';
import { machineText, thisMachine } from '../bench/machine.ts';
import { withSection } from '../bench/page.ts';
import { streamBinding } from '../given/binding.ts';
import { eventFunction } from '../given/function.ts';
import { type Stage, scenario } from '../given/stage.ts';
import { says } from '../then/conditions.ts';
import { eventually } from '../then/eventually.ts';
import { drained, flowing } from '../then/flow.ts';
import { watchMoments } from '../then/moments.ts';
import { jsonOf, recordsOf } from '../then/records.ts';
import { atZero } from '../then/replicas.ts';
import { seenOf, type Wake, wakeTable } from '../then/wake.ts';

const name = 'rests';
const page = new URL('../../docs/performance.md', import.meta.url);
/** `make wakes` takes twenty, and writes them down. */
const wakesWritten = 20;
const wakesWanted = Number(process.env.HEADRACE_WAKES ?? 3);
/** A wake, the idle time and the way to zero. */
const wakeTimeoutMs = 90_000;

/** Says when it was called, and when its process began. */
const code = `
const beganMs = Math.round(performance.timeOrigin);
const wake = (event) => ({ id: event.data.id, calledMs: Date.now(), beganMs });
export default wake;
`;

interface Told {
  readonly id: number;
  readonly calledMs: number;
  readonly beganMs: number;
}

scenario(`${wakesWanted} wakes from zero`, { timeout: wakesWanted * wakeTimeoutMs }, async ({ stage }) => {
  const { kubernetes, bootstrapInCluster: bootstrapServer } = stage;
  const { input, output } = await stage.made({ input: 8, output: 8 }, { 'message.timestamp.type': 'LogAppendTime' });
  await kubernetes.apply(
    eventFunction(name, code),
    streamBinding(name, {
      ...{ topic: input, bootstrapServer, output: { topic: output } },
      scaling: { idleTimeout: '5s', maxInvokers: 1 },
    }),
  );
  await says(kubernetes, 'streambindings', name, 'Ready', { status: 'True' }, { withinMs: 60_000 });
  const moments = await watchMoments(inject('system').apiUrl, stage.namespace);
  const sentMs: number[] = [];
  const loadBefore = loadNow();
  for (let id = 0; id < wakesWanted; id += 1) {
    await resting(stage);
    sentMs.push(Date.now());
    await stage.topics.send(input, [{ key: null, value: JSON.stringify({ id }), partition: id % 8 }]);
    await flowing(stage, output, id + 1, { withinMs: 60_000 });
    await drained(stage, name, input, { withinMs: 30_000 });
  }
  await moments.stop();

  const [came, went] = await Promise.all([recordsOf(stage, input), recordsOf(stage, output)]);
  const told = went.map((record) => ({ ...(jsonOf(record) as Told), writtenMs: record.timestampMs }));
  expect(told.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual(sentMs.map((_, id) => id));
  const appended = new Map(came.map((record) => [(jsonOf(record) as Told).id, record.timestampMs]));
  const wakes = told.map(({ id, calledMs, beganMs, writtenMs }): Wake => {
    const since = sentMs[id] ?? 0;
    const ends = { appended: appended.get(id) ?? since, hostBegan: beganMs, called: calledMs, written: writtenMs };
    return { ...seenOf(moments, name, since), ...ends };
  });
  const measured = wakeTable(wakes);
  stage.figure(`\n${measured}\n`);
  if (wakesWanted >= wakesWritten) write(measured, loadBefore);
});

/** Nothing runs, and the scout has asked the broker to tell it of the first record. */
async function resting(stage: Stage): Promise<void> {
  const { kubernetes } = stage;
  await Promise.all([
    atZero(kubernetes, 'deployments', functionDeployment(name), { withinMs: 60_000 }),
    atZero(kubernetes, 'statefulsets', invokerStatefulSet(name), { withinMs: 60_000 }),
  ]);
  const metrics = `/api/v1/namespaces/${stage.namespace}/services/${scoutName}:${scoutPort}/proxy/metrics`;
  await eventually(
    'the scout watches the binding',
    { withinMs: 30_000 },
    async () => (await kubernetes.kubectl(['get', '--raw', metrics])).stdout,
    (text) => /^headrace_scout_watched_bindings 1$/m.test(text),
  );
}

/** Of one minute: how busy the machine is with whatever else runs. */
const loadNow = (): string => (loadavg()[0] ?? Number.NaN).toFixed(2);

function write(measured: string, loadBefore: string): void {
  const when = new Date().toISOString().slice(0, 16).replace('T', ' ');
  const about = `*${when} UTC, \`make wakes\`, ${wakesWanted} wakes of one binding and its function, one after the other. ${machineText(thisMachine())}. Load average before: ${loadBefore}, after: ${loadNow()}.*`;
  writeFileSync(page, withSection(readFileSync(page, 'utf8'), 'wakes', `${measured}\n\n${about}`));
}
