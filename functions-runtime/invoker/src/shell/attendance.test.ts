/** Attendance: placement moves a member out for good, the end of the process does not, and each happens once. */
import { describe, expect, it } from 'vitest';
import type { Membership } from '#kafka/ports.ts';
import { Attendance } from './attendance.ts';

function rig(ordinal: number) {
  const told: string[] = [];
  let finish: () => void = () => undefined;
  const attendance = new Attendance(ordinal, {
    join: () => {
      told.push('join');
      const membership: Membership = {
        memberId: 'm',
        memberEpoch: 1,
        state: 'member',
        owned: new Set(),
        isCurrent: () => true,
        standDown: () => undefined,
        leave: (how) => {
          told.push(`leave ${how}`);
          return new Promise((resolve) => {
            finish = resolve;
          });
        },
      };
      return membership;
    },
    onLeft: (how) => told.push(`left ${how}`),
  });
  const finished = async (): Promise<void> => {
    finish();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { attendance, told, finished };
}

describe('attendance', () => {
  it('waits for a placement, then joins once', () => {
    const { attendance, told } = rig(1);
    expect(attendance.state).toBe('joining');
    attendance.place(1);
    expect([told, attendance.state]).toEqual([[], 'left']);
    attendance.place(2);
    attendance.place(3);
    expect([told, attendance.state]).toEqual([['join'], 'member']);
  });

  it('leaves for good when its ordinal is no longer placed, and may join again', async () => {
    const { attendance, told, finished } = rig(1);
    attendance.place(2);
    attendance.place(1);
    attendance.place(1);
    expect(told).toEqual(['join', 'leave for-good']);
    attendance.place(2);
    await finished();
    expect(told).toEqual(['join', 'leave for-good', 'left for-good', 'join']);
  });

  it('leaves to return when the process ends', async () => {
    const { attendance, told, finished } = rig(0);
    attendance.place(1);
    const ended = attendance.end();
    attendance.place(2);
    await finished();
    await ended;
    expect(told).toEqual(['join', 'leave will-return', 'left will-return']);
    expect(attendance.state).toBe('left');
  });

  it('leaves for good when it ends unplaced, and ends at once when it never joined', async () => {
    const placed = rig(1);
    placed.attendance.place(2);
    placed.attendance.place(0);
    const ended = placed.attendance.end();
    await placed.finished();
    await ended;
    expect(placed.told).toEqual(['join', 'leave for-good', 'left for-good']);
    const never = rig(1);
    await never.attendance.end();
    never.attendance.place(2);
    expect(never.told).toEqual([]);
  });

  it('assumes to be placed only where nobody said anything', () => {
    const silent = rig(2);
    silent.attendance.assumePlaced();
    expect(silent.told).toEqual(['join']);
    const told = rig(2);
    told.attendance.place(1);
    told.attendance.assumePlaced();
    expect(told.told).toEqual([]);
  });
});
