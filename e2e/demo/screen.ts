// What the demo prints each time it looked: a line per binding. Pure.
import type { BindingFacts, Facts } from './facts.ts';

const columns = [
  ['binding', 16],
  ['in', 8],
  ['out', 8],
  ['rejected', 9],
  ['dead', 6],
  ['lag', 8],
  ['rec/s', 7],
  ['pods', 7],
  ['owners', 0],
] as const;

export const heading = (): string => columns.map(([name, width]) => name.padEnd(width)).join('');

/** `before`: the look before this one, for rates; undefined at first. */
export function lines(facts: Facts, before: Facts | undefined): string[] {
  return facts.bindings.map((binding) => {
    const pods = facts.functions.find((f) => f.name === binding.functionName);
    const cells = [
      binding.name,
      binding.produced,
      binding.out,
      binding.routed,
      binding.deadLetters,
      binding.lag,
      rate(binding, facts, before),
      `${pods?.readyReplicas ?? 0}/${pods?.replicas ?? 0}`,
      binding.placements.map((p) => `${p.invoker.replace(/^.*-(\d+)$/, '#$1')} owns ${p.partitions}`).join('  ') ||
        'asleep',
    ];
    return columns.map(([, width], i) => String(cells[i]).padEnd(width)).join('');
  });
}

function rate(binding: BindingFacts, facts: Facts, before: Facts | undefined): string {
  const past = before?.bindings.find((b) => b.name === binding.name);
  if (past === undefined || before === undefined || facts.atMs <= before.atMs) return '-';
  return Math.round(((binding.done - past.done) * 1000) / (facts.atMs - before.atMs)).toString();
}

/** What must be seen of a function during the demo: from zero to two or more pods, and back to zero. */
export interface Course {
  readonly name: string;
  /** Replicas in the order in which they changed. */
  readonly replicas: readonly number[];
}

export function withLook(courses: readonly Course[], facts: Facts): readonly Course[] {
  return facts.functions.map(({ name, replicas }) => {
    const course = courses.find((c) => c.name === name) ?? { name, replicas: [] };
    return course.replicas.at(-1) === replicas ? course : { name, replicas: [...course.replicas, replicas] };
  });
}

/** 0, then at least 2, then 0 again. */
export function wentUpAndDown({ replicas }: Course): boolean {
  const up = replicas.findIndex((n, i) => n >= 2 && replicas.slice(0, i).includes(0));
  return up >= 0 && replicas.slice(up).includes(0);
}
