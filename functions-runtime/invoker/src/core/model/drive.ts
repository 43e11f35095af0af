/** Drives a world by choices: first with faults, then healed until nothing is left to do. */
import { promise } from './fates.ts';
import { Chance } from './function.ts';
import type { World } from './world.ts';

type Action = () => void;

/** Weights: ordinary life often, each fault now and then. */
export function act(world: World, choice: number): void {
  const chance = new Chance(choice);
  const actions = chance.next(100) < 70 ? ordinary(world, chance) : faulty(world, chance);
  if (actions.length > 0) actions[chance.next(actions.length)]!();
}

function ordinary(world: World, chance: Chance): Action[] {
  const actions: Action[] = [];
  for (const { partition } of world.logs) {
    if (!world.held.has(partition)) actions.push(() => world.gain(partition));
    else if (world.fetchable(partition)) actions.push(() => world.fetch(partition, 1 + chance.next(6)));
  }
  for (const callId of world.calls.keys()) actions.push(() => world.answer(callId, null));
  for (const writeId of world.writes.keys()) actions.push(() => world.finishWrite(writeId, 'ok', 0));
  if (world.commits.size > 0 && (!world.lazyCommits || actions.length === 0)) {
    actions.push(() => world.flushCommits('ok', true));
  }
  if (world.alarmMs !== null) actions.push(() => world.tick(world.alarmMs!));
  return actions;
}

function faulty(world: World, chance: Chance): Action[] {
  const actions: Action[] = [
    () => world.tick(world.atMs + chance.next(3000)),
    () => world.step({ kind: 'function-available', atMs: world.atMs }),
    () => world.appendTo(chance.next(world.logs.length), chance),
  ];
  if (chance.next(6) === 0) actions.push(() => world.crash(chance));
  for (const callId of world.calls.keys())
    actions.push(
      () => world.answer(callId, chance),
      () => world.answer(callId, chance),
    );
  for (const [writeId, { records }] of world.writes) {
    actions.push(() => world.finishWrite(writeId, 'failed', chance.next(records.length + 1)));
  }
  if (world.commits.size > 0) {
    actions.push(() => world.flushCommits(chance.next(2) === 0 ? 'refused' : 'failed', chance.next(2) === 0));
  }
  for (const [partition, { drainDeadlineMs, epoch }] of world.held) {
    if (drainDeadlineMs === null) actions.push(() => world.drain(partition, chance.next(4) * 500));
    actions.push(() => world.lose(partition));
    const { fates } = world.logs[partition]!;
    const wished = fates[chance.next(Math.max(fates.length, 1))];
    const what = chance.next(2) === 0 ? 'skip' : 'retry';
    if (wished !== undefined) actions.push(() => world.wish(partition, wished.offset, what));
    actions.push(() => world.answerLate(partition, epoch - chance.next(2)));
  }
  return actions;
}

/** D8: after the faults stop everything is settled and committed, or the partition says why it is blocked. Then it can be handed over. */
export function settleAll(world: World): void {
  world.healed = true;
  runToRest(world, 20_000);
  for (const partition of [...world.held.keys()]) world.drain(partition, 0);
  promise(world.held.size === 0, 'D8', () => 'a drained partition is not released');
}

/** Ordinary life, without a choice; time passes only when nothing else can happen. Ends at rest, or when `until` says so. */
export function runToRest(world: World, mostSteps: number, until: () => boolean = () => false): void {
  for (let steps = 0; !world.rest() && !until(); steps += 1) {
    promise(steps < mostSteps, 'D8', () => `does not come to rest: ${JSON.stringify(world.core.snapshot())}`);
    const actions = ordinary(world, new Chance(steps));
    promise(actions.length > 0, 'D8', () => `nothing to do, but not settled: ${JSON.stringify(world.core.snapshot())}`);
    const urgent = world.alarmMs === null ? actions : actions.slice(0, -1);
    const from = urgent.length > 0 ? urgent : actions;
    from[steps % from.length]!();
  }
}
