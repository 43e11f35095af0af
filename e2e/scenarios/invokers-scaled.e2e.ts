// Promise: more and fewer invokers under load move partitions without a record lost, reordered or repeated (D1, D5, P3).
import { expect } from 'vitest';
import { invokerStatefulSet } from '#api/names.ts';
import { copying, name, partitions } from '../given/copying.ts';
import { scenario } from '../given/stage.ts';
import { startTraffic } from '../given/traffic.ts';
import { eventually } from '../then/eventually.ts';
import { drained, flowing } from '../then/flow.ts';
import { longestPauses } from '../then/pauses.ts';
import { recordsOf, sourceOf } from '../then/records.ts';
import { verdictOf } from '../then/verdict.ts';

const perSecond = 400;

scenario('D1 D5 P3: invokers scaled up and down under load repeat nothing', async ({ stage }) => {
  const { kubernetes } = stage;
  const { input, output } = await copying(stage, { invokers: 1 });
  const traffic = startTraffic(stage.topics, { topic: input, perSecond, forMs: 30_000 });
  await flowing(stage, output, 3 * perSecond, { withinMs: 30_000 });

  const changes: Change[] = [];
  let before: readonly Owner[] = [{ invoker: `${invokerStatefulSet(name)}-0`, partitions: `0-${partitions - 1}` }];
  for (const invokers of [3, 1]) {
    const sinceMs = Date.now();
    const scaling = { minInvokers: invokers, maxInvokers: invokers };
    await kubernetes.patch('streambindings', name, { spec: { scaling } });
    const placed = await eventually(
      `${invokers} invokers own partitions, and no pod is left over`,
      { withinMs: 45_000 },
      async () => {
        const [binding, set] = await Promise.all([
          kubernetes.get('streambindings', name),
          kubernetes.get('statefulsets', invokerStatefulSet(name)),
        ]);
        const owning = (binding?.status?.placements ?? []).filter(({ partitions }) => partitions !== '');
        return { owning, pods: set?.status?.replicas ?? 0 };
      },
      ({ owning, pods }) => owning.length === invokers && pods === invokers,
    );
    changes.push({ sinceMs, untilMs: Date.now(), before, after: placed.owning });
    before = placed.owning;
  }
  expect(traffic.isRunning(), 'the traffic must outlast the changes').toBe(true);

  const sent = await traffic.finished;
  await drained(stage, name, input, { withinMs: 60_000 });
  const verdict = await verdictOf(stage, { sent, input, outputs: [output] });
  expect(verdict.problems).toEqual([]);
  expect(verdict.duplicates).toBe(0);
  const done = (await recordsOf(stage, output)).map(sourceOf);
  for (const { sinceMs, untilMs, before: was, after } of changes) {
    const moved = movedBetween(was, after);
    const near = ({ timestampMs }: { readonly timestampMs: number }) =>
      timestampMs > sinceMs - aroundMs && timestampMs < untilMs + aroundMs;
    const pauses = [...longestPauses(done.filter(near))];
    const stood = (isMoved: boolean): string => {
      const ms = pauses.filter(([partition]) => moved.has(partition) === isMoved).map(([, pauseMs]) => pauseMs);
      return ms.length === 0 ? 'none' : `${ms.length}, paused for at most ${(Math.max(...ms) / 1000).toFixed(2)} s`;
    };
    stage.figure(`${after.length} invokers own ${after.map((each) => each.partitions).join(' | ')}`);
    stage.figure(`  partitions that moved: ${stood(true)}; that stayed: ${stood(false)}`);
  }
});

/** Looked at before and after a change too. */
const aroundMs = 2_000;

interface Change {
  /** Unix ms. */
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly before: readonly Owner[];
  readonly after: readonly Owner[];
}

interface Owner {
  readonly invoker: string;
  /** As in the status: `0-2,5`. */
  readonly partitions: string;
}

const ownersOf = (owners: readonly Owner[]): ReadonlyMap<number, string> =>
  new Map(
    owners.flatMap(({ invoker, partitions: ranges }) =>
      ranges.split(',').flatMap((range) => {
        const [first = 0, last = first] = range.split('-').map(Number);
        return Array.from({ length: last - first + 1 }, (_, i) => [first + i, invoker] as const);
      }),
    ),
  );

function movedBetween(before: readonly Owner[], after: readonly Owner[]): ReadonlySet<number> {
  const [was, is] = [ownersOf(before), ownersOf(after)];
  return new Set([...is.keys()].filter((partition) => was.get(partition) !== is.get(partition)));
}
