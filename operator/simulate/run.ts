// One scaler on one shape from begin to end: its figures, and how lag, replicas and lateness went.
import { tickMs } from './arrivals.ts';
import { lagOf, type Scaler } from './scalers/scaler.ts';
import type { Shape } from './shapes.ts';
import { type Result, World } from './world.ts';

/** Points of each line in a plot; each stands for the worst of its stretch of time. */
const points = 240;

export interface Course {
  /** Virtual seconds that one point stands for. */
  readonly stepSeconds: number;
  readonly lag: number[];
  readonly replicas: number[];
  /** Age of the oldest record that is not done, in seconds. */
  readonly lateness: number[];
}

export interface Run {
  readonly scaler: string;
  readonly result: Result;
  readonly course: Course;
}

export function run(shape: Shape, scaler: Scaler): Run {
  const world = new World(shape, scaler.group);
  const stepSeconds = shape.durationSeconds / points;
  const course: Course = { stepSeconds, lag: [], replicas: [], lateness: [] };
  for (let tick = 0; tick < (shape.durationSeconds * 1000) / tickMs; tick++) {
    world.tick();
    scaler.act(world);
    if (world.nowMs % 1000 === 0) note(course, world);
  }
  return { scaler: scaler.name, result: world.result(), course };
}

function note(course: Course, world: World): void {
  const point = Math.min(points - 1, Math.floor(world.nowMs / 1000 / course.stepSeconds));
  const worst = (line: number[], value: number): void => {
    line[point] = Math.max(line[point] ?? 0, value);
  };
  worst(course.lag, lagOf(world));
  worst(course.replicas, world.replicas);
  worst(course.lateness, world.oldestMs() / 1000);
}
