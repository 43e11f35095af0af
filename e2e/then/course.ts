// What became of a stream over time: lag and pods as they were, and how late each record was done, as Kafka's own timestamps tell.
import { functionDeployment } from '#api/names.ts';
import type { Stage } from '../given/stage.ts';
import { keepLooking } from './looking.ts';
import { jsonOf, recordsOf } from './records.ts';

export interface Course {
  /** Unix ms of the first look. */
  readonly beganMs: number;
  /** One for each look, at even distances. */
  readonly lag: readonly number[];
  readonly pods: readonly number[];
}

export interface Done {
  /** Unix ms of the output. */
  readonly atMs: number;
  readonly delayMs: number;
}

export const lookEveryMs = 500;

interface Watched {
  readonly group: string;
  readonly topic: string;
  readonly functionName: string;
}

/** Looks until `stop`. */
export function recordCourse({ kubernetes, topics }: Stage, { group, topic, functionName }: Watched) {
  const beganMs = Date.now();
  const course = { beganMs, lag: [] as number[], pods: [] as number[] };
  const looking = keepLooking(lookEveryMs / 4, async () => {
    const [lag, deployment] = await Promise.all([
      topics.lag(group, topic),
      kubernetes.get('deployments', functionDeployment(functionName)),
    ]);
    // A look may come late; it stands for those that it kept from coming.
    const due = Math.floor((Date.now() - beganMs) / lookEveryMs) + 1;
    while (course.lag.length < due) {
      course.lag.push(lag);
      course.pods.push(deployment?.status?.readyReplicas ?? 0);
    }
  });
  return {
    stop: async (): Promise<Course> => {
      await looking.stop();
      return course;
    },
  };
}

/** Each event of `input` that has an output, in the order of the outputs: from its append to that of its first output. Values are JSON with an `id`. */
export async function doneOf(stage: Stage, input: string, output: string): Promise<readonly Done[]> {
  const [came, went] = await Promise.all([recordsOf(stage, input), recordsOf(stage, output)]);
  const idOf = (record: (typeof came)[number]) => (jsonOf(record) as { readonly id: string }).id;
  const cameMs = new Map(came.map((record) => [idOf(record), record.timestampMs]));
  const wentMs = new Map<string, number>();
  for (const record of went) {
    const id = idOf(record);
    wentMs.set(id, Math.min(record.timestampMs, wentMs.get(id) ?? Number.POSITIVE_INFINITY));
  }
  const done = [...wentMs].map(([id, atMs]) => ({ atMs, delayMs: Math.max(0, atMs - (cameMs.get(id) ?? atMs)) }));
  return done.sort((a, b) => a.atMs - b.atMs);
}

/** The delay that only a `share` of all exceeds, ms. */
export function delayExceededBy(done: readonly Done[], share: number): number {
  const delays = done.map(({ delayMs }) => delayMs).sort((a, b) => a - b);
  return delays[Math.min(delays.length - 1, Math.floor(delays.length * (1 - share)))] ?? 0;
}

/** How often the number of pods changed. */
export const changesOf = ({ pods }: Course): number => pods.filter((n, i) => i > 0 && n !== pods[i - 1]).length;

/** The latest record of each look's time, s. */
export const latenessOf = ({ beganMs, lag }: Course, done: readonly Done[]): readonly number[] =>
  lag.map((_, i) => {
    const [from, to] = [beganMs + i * lookEveryMs, beganMs + (i + 1) * lookEveryMs];
    return Math.max(0, ...done.filter(({ atMs }) => atMs >= from && atMs < to).map(({ delayMs }) => delayMs / 1000));
  });
