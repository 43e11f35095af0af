// Promise: pods follow what comes on a real cluster too, every change says why, and nothing is lost, reordered or repeated on the way (D1, D5, P3).
import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { defaultConsumerGroup } from '#api/names.ts';
import { colours, drawn } from '../../operator/simulate/chart.ts';
import { streamBinding } from '../given/binding.ts';
import { eventFunction } from '../given/function.ts';
import { type Stage, scenario } from '../given/stage.ts';
import { startTraffic, type TrafficPlan } from '../given/traffic.ts';
import { says } from '../then/conditions.ts';
import {
  type Course,
  changesOf,
  type Done,
  delayExceededBy,
  doneOf,
  latenessOf,
  lookEveryMs,
  recordCourse,
} from '../then/course.ts';
import { eventually } from '../then/eventually.ts';
import { drained } from '../then/flow.ts';
import { verdictOf } from '../then/verdict.ts';

const name = 'shaped';
const partitions = 8;
const maxReplicas = 4;
const drawing = process.env.HEADRACE_PLOTS !== undefined;
const plots = new URL('../../docs/scaling/', import.meta.url);

/** A stretch of traffic, and the quiet behind it. */
interface Stretch extends Pick<TrafficPlan, 'perSecond' | 'forMs' | 'partitionOf'> {
  readonly quietMs?: number;
}

interface Shape {
  readonly shape: string;
  readonly about: string;
  /** A call takes `callMs + recordMs × records`, one at a time in each pod. */
  readonly callMs: number;
  readonly recordMs: number;
  readonly maxRecords: number;
  readonly scaling: { readonly idleTimeout: string; readonly target?: { readonly delay: string } };
  readonly stretches: readonly Stretch[];
  /** The event that cannot be done, until the code is mended. */
  readonly poison?: string;
  /** What must be so, from the numbers of pods over time. */
  readonly judge: (course: Course) => void;
}

const most = ({ pods }: Course): number => Math.max(...pods);
const podsAt = ({ pods }: Course, share: number): number => pods[Math.floor((pods.length - 1) * share)] ?? 0;
const usual = { callMs: 40, recordMs: 4, maxRecords: 20, scaling: { idleTimeout: '5s' } } as const;

const shapes: readonly Shape[] = [
  {
    ...usual,
    shape: 'step',
    about: '40 records a second, then 320 for 25 s, then 40 again',
    stretches: [
      { perSecond: 40, forMs: 12_000 },
      { perSecond: 320, forMs: 25_000 },
      { perSecond: 40, forMs: 20_000 },
    ],
    judge: (course) => {
      expect(most(course)).toBeGreaterThanOrEqual(2);
      expect(podsAt(course, 0.95), 'fewer pods after the step than in it').toBeLessThan(most(course));
      expect(changesOf(course), 'pods do not swing').toBeLessThanOrEqual(8);
    },
  },
  {
    ...usual,
    shape: 'spike train',
    about: 'three times 500 records within a second, 20 s apart, from zero each time',
    stretches: [1, 2, 3].map(() => ({ perSecond: 500, forMs: 1_000, quietMs: 19_000 })),
    judge: (course) => {
      const runs = course.pods.filter((pods, i) => pods > 0 && (course.pods[i - 1] ?? 0) === 0).length;
      expect(runs, 'woken for each spike').toBe(3);
    },
  },
  {
    ...usual,
    shape: 'skewed keys',
    // That one needs half of what a pod can do when it has no other partition.
    about: '160 records a second, half of them in one partition of eight',
    stretches: [{ perSecond: 160, forMs: 30_000, partitionOf: (n) => (n % 2 === 0 ? 0 : 1 + (n % 7)) }],
    judge: (course) => {
      expect(most(course)).toBeGreaterThanOrEqual(2);
      expect(changesOf(course), 'pods do not swing').toBeLessThanOrEqual(8);
    },
  },
  {
    ...usual,
    shape: 'blocked partition',
    about: '150 records a second for 30 s; one of them cannot be done, until the code is mended at the end',
    stretches: [{ perSecond: 150, forMs: 30_000, quietMs: 20_000, partitionOf: (n) => n % partitions }],
    poison: 'event-500',
    judge: (course) => {
      // Some 500 records wait behind it: with the default target of 1,000 that is no pod more, and not one is kept for them but the one that tries.
      expect(podsAt(course, 0.9), 'records behind a blocked one are no demand').toBeLessThanOrEqual(1);
    },
  },
  {
    shape: 'slow function',
    about: '40 records a second for 40 s, calls of a second each, target.delay 5s',
    callMs: 1_000,
    recordMs: 0,
    maxRecords: 10,
    scaling: { idleTimeout: '5s', target: { delay: '5s' } },
    stretches: [{ perSecond: 40, forMs: 40_000 }],
    judge: (course) => {
      expect(most(course)).toBeGreaterThanOrEqual(3);
      expect(changesOf(course), 'pods do not swing').toBeLessThanOrEqual(8);
    },
  },
];

/** Two at a time, for they mostly wait; what is drawn is drawn of one that has the machine for itself. */
const each = drawing ? scenario : scenario.concurrent;

each.for(shapes)('D1 D5 P3: scaling on the cluster: $shape', async (shape, { stage }) => {
  const { kubernetes, bootstrapInCluster: bootstrapServer } = stage;
  const { input, output } = await stage.made({ input: partitions, output: partitions });
  const { scaling, maxRecords } = shape;
  await kubernetes.apply(
    eventFunction(name, codeOf(shape, shape.poison), { concurrency: 1, scaling: { minReplicas: 0, maxReplicas } }),
    streamBinding(name, {
      ...{ topic: input, bootstrapServer, output: { topic: output } },
      ...{ scaling: { ...scaling, maxInvokers: 1 }, batch: { maxRecords } },
      delivery: { onExhausted: 'Block', retry: { initialBackoff: '100ms', maxBackoff: '2s', maxAttempts: 3 } },
    }),
  );
  await says(kubernetes, 'streambindings', name, 'Active', { status: 'False' }, { withinMs: 60_000 });
  const group = defaultConsumerGroup(stage.namespace, name);
  const recording = recordCourse(stage, { group, topic: input, functionName: name });
  const sent = await sendAll(stage, input, shape.stretches);
  if (shape.poison === undefined) await drained(stage, name, input, { withinMs: 120_000 });
  else await says(kubernetes, 'streambindings', name, 'Blocked', { status: 'True' }, { withinMs: 10_000 });
  const course = await recording.stop();
  if (shape.poison !== undefined) {
    await kubernetes.patch('eventfunctions', name, { spec: { code: { inline: codeOf(shape) } } });
    await drained(stage, name, input, { withinMs: 90_000 });
  }

  const verdict = await verdictOf(stage, { sent, input, outputs: [output] });
  expect(verdict.problems).toEqual([]);
  expect(verdict.duplicates).toBe(0);
  const done = await doneOf(stage, input, output);
  if (drawing) draw(shape, course, done);
  stage.figure(
    `${shape.shape}: at most ${most(course)} pods, ${changesOf(course)} changes, ${podSeconds(course)} pod seconds for ${sent.length} records, ` +
      `delay p50 ${seconds(delayExceededBy(done, 0.5))}, p99 ${seconds(delayExceededBy(done, 0.01))}`,
  );
  shape.judge(course);
  const described = await eventually(
    'kubectl describe tells of the changes, and why',
    { withinMs: 10_000 },
    async () => (await kubernetes.kubectl(['describe', 'eventfunction', name])).stdout,
    (text) => /Normal\s+Scaled\s.*from \d+ to \d+ pods: .*lag \d+/.test(text),
  );
  stage.figure(/from \d+ to \d+ pods: .*/.exec(described)?.[0] ?? '');
});

async function sendAll(stage: Stage, topic: string, stretches: readonly Stretch[]): Promise<readonly string[]> {
  const sent: string[] = [];
  for (const { quietMs = 0, ...stretch } of stretches) {
    sent.push(...(await startTraffic(stage.topics, { topic, firstId: sent.length, ...stretch }).finished));
    await pause(quietMs);
  }
  return sent;
}

const codeOf = ({ callMs, recordMs }: Shape, poison?: string): string => `
const shaped = async (events, context) => {
  await new Promise((resolve) => setTimeout(resolve, ${callMs} + ${recordMs} * events.length));
  return events.map(({ data }) => (data.id === '${poison}' ? context.reject('not this one') : data));
};
shaped.batch = true;
export default shaped;
`;

function draw({ shape, about }: Shape, course: Course, done: readonly Done[]): void {
  const [colour] = colours;
  const line = (values: readonly number[]) => [{ colour, values }];
  const chart = drawn({
    title: `${shape}, on a cluster: ${about}`,
    durationSeconds: (course.lag.length * lookEveryMs) / 1000,
    legend: new Map(),
    panels: [
      { title: 'lag, records', scale: 'linear', lines: line(course.lag) },
      { title: 'ready function pods', scale: 'linear', lines: line(course.pods) },
      { title: 'latest record done, s', scale: 'linear', lines: line(latenessOf(course, done)) },
    ],
  });
  mkdirSync(plots, { recursive: true });
  writeFileSync(new URL(`on-cluster-${shape.replaceAll(' ', '-')}.svg`, plots), chart);
}

const podSeconds = ({ pods }: Course): number => Math.round(pods.reduce((a, b) => a + b, 0) * (lookEveryMs / 1000));
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
