// Lag that does not fall: what was tried is judged by what it promised, said, and tried again later.
import { describe, expect, it } from 'vitest';
import {
  noProgress,
  notFalling,
  type Progress,
  retryMs,
  type Seen,
  trialMs,
  usefulPods,
  withDecision,
} from './progress.ts';

const seen = (ready: number, work: number, done: number): Seen => ({ ready, work, done });
/** From 2 to 6 pods at 0, then how it stood a trial later. */
const trialOf = (later: Seen, nowMs = trialMs): Progress => {
  const begun = withDecision(noProgress, seen(2, 10_000, 100), { from: 2, to: 6, most: 12 }, 0);
  return withDecision(begun, later, { from: 6, to: 6, most: 12 }, nowMs);
};

describe('pods that were added', () => {
  it.each([
    ['the lag fell', seen(6, 8_000, 100), false],
    ['more is done, though the lag grows', seen(6, 20_000, 260), false],
    ['nothing gained', seen(6, 10_500, 100), true],
    ['hardly anything gained', seen(6, 10_500, 140), true],
    ['less is done', seen(6, 10_500, 60), true],
  ])('%s', (_, later, stuck) => {
    expect(notFalling(trialOf(later)) !== null).toBe(stuck);
    expect(usefulPods(trialOf(later))).toBe(stuck ? 6 : Number.POSITIVE_INFINITY);
  });
  it('have their time', () => {
    expect(notFalling(trialOf(seen(6, 10_500, 100), trialMs - 1))).toBeNull();
  });
  it('have it from the moment on at which all are ready', () => {
    let progress = trialOf(seen(5, 10_500, 100), trialMs);
    expect(notFalling(progress)).toBeNull();
    progress = withDecision(progress, seen(6, 10_500, 100), { from: 6, to: 6, most: 12 }, 2 * trialMs);
    expect(notFalling(progress)).not.toBeNull();
  });
  it('are judged together when they come one after the other', () => {
    let progress = withDecision(noProgress, seen(2, 10_000, 100), { from: 2, to: 4, most: 12 }, 0);
    progress = withDecision(progress, seen(4, 11_000, 100), { from: 4, to: 6, most: 12 }, 30_000);
    progress = withDecision(progress, seen(6, 12_000, 100), { from: 6, to: 6, most: 12 }, 30_000 + trialMs);
    expect(notFalling(progress)).toBe(
      'from 2 to 6 pods lag went from 10000 to 12000 records, and 100 instead of 100 rec/s were done',
    );
  });
  it('from none: nothing to compare with', () => {
    const begun = withDecision(noProgress, seen(0, 10_000, 0), { from: 0, to: 6, most: 12 }, 0);
    const later = withDecision(begun, seen(6, 12_000, 100), { from: 6, to: 6, most: 12 }, trialMs);
    expect(notFalling(later)).toBeNull();
  });
  it('fewer than tried: the trial is over', () => {
    const begun = withDecision(noProgress, seen(2, 10_000, 100), { from: 2, to: 6, most: 12 }, 0);
    expect(withDecision(begun, seen(6, 9_500, 100), { from: 6, to: 4, most: 12 }, 30_000).trial).toBeNull();
  });
});

describe('more pods are tried again', () => {
  const stuck = trialOf(seen(6, 10_500, 100));
  const hold = { from: 6, to: 6, most: 12 };
  it('when the lag has fallen', () => {
    expect(usefulPods(withDecision(stuck, seen(6, 10_000, 100), hold, 2 * trialMs))).toBe(6);
    expect(usefulPods(withDecision(stuck, seen(6, 9_000, 100), hold, 2 * trialMs))).toBe(Number.POSITIVE_INFINITY);
  });
  it('after a while', () => {
    expect(usefulPods(withDecision(stuck, seen(6, 11_000, 100), hold, trialMs + retryMs - 1))).toBe(6);
    expect(usefulPods(withDecision(stuck, seen(6, 11_000, 100), hold, trialMs + retryMs))).toBe(
      Number.POSITIVE_INFINITY,
    );
  });
});

describe('as many as there may be', () => {
  const full = { from: 4, to: 4, most: 4 };
  const begun = withDecision(noProgress, seen(4, 1_000, 50), full, 0);
  it('and the lag grows: said once it has lasted, in the same words from then on', () => {
    expect(notFalling(withDecision(begun, seen(4, 2_000, 50), full, trialMs - 1))).toBeNull();
    const said = withDecision(begun, seen(4, 2_000, 50), full, trialMs);
    expect(notFalling(said)).toContain('lag went from 1000 to 2000 records');
    expect(notFalling(withDecision(said, seen(4, 3_000, 50), full, 2 * trialMs))).toBe(notFalling(said));
  });
  it('and it falls, or there is none: nothing is said', () => {
    expect(notFalling(withDecision(begun, seen(4, 900, 50), full, trialMs))).toBeNull();
    expect(withDecision(begun, seen(4, 0, 50), full, trialMs).full).toBeNull();
  });
});
