/** Intake: portions in order without a gap, and what does not fit is fetched again from exactly there. */
import { describe, expect, it } from 'vitest';
import type { ArrivedRecord } from '../core/events.ts';
import { Intake } from './intake.ts';

const record = (offset: number, bytes = 10): ArrivedRecord => ({ offset, bytes, timestampMs: 0, payload: null });

function rig(pauseAfter = Number.POSITIVE_INFINITY) {
  const asked: string[] = [];
  const portions: [number[], number][] = [];
  const intake: Intake = new Intake(
    {
      add: (partition, position) => asked.push(`add ${partition} ${position}`),
      remove: (partition) => asked.push(`remove ${partition}`),
      pause: (partition) => asked.push(`pause ${partition}`),
      resume: (partition) => asked.push(`resume ${partition}`),
    },
    25,
  );
  const take = (records: readonly ArrivedRecord[], nextPosition: number): void =>
    intake.take(3, records, nextPosition, {
      onPortion: (portion, next) => {
        portions.push([portion.map(({ offset }) => offset), next]);
        if (portions.length === pauseAfter) intake.pause(3);
      },
    });
  return { intake, take, asked, portions };
}

describe('intake (D9)', () => {
  it('cuts a fetch into portions; each names where the next begins', () => {
    const { take, portions, asked } = rig();
    take([record(4), record(6), record(7), record(9, 100), record(11)], 15);
    expect(portions).toEqual([
      [[4, 6], 7],
      [[7], 9],
      [[9], 11],
      [[11], 15],
    ]);
    expect(asked).toEqual([]);
  });
  it('passes on that there is nothing but a new position', () => {
    const { take, portions } = rig();
    take([], 15);
    expect(portions).toEqual([[[], 15]]);
  });
  it('gives the rest back when the partition is paused meanwhile', () => {
    const { take, portions, asked } = rig(1);
    take([record(4), record(6), record(7)], 15);
    expect(portions).toEqual([[[4, 6], 7]]);
    expect(asked).toEqual(['pause 3', 'remove 3', 'add 3 7', 'pause 3']);
  });
  it('gives nothing back when the pause came with the last portion', () => {
    const { intake, take, asked } = rig(1);
    take([record(4)], 15);
    intake.resume(3);
    expect(asked).toEqual(['pause 3', 'resume 3']);
  });
});
