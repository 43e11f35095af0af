/** Every way a partition can be found at take-over, and what follows. */
import { describe, expect, it } from 'vitest';
import { encodeCommitMetadata } from '#contract/commit-metadata.ts';
import { type Found, takeOver } from './take-over.ts';

const memory = { epoch: 7, topicId: 'id-1', released: false, settledAbove: [[12, 13]], attempts: [] } as const;
const atMs = 1_800_000_000_999;
const found = (change: Partial<Found> = {}): Found => ({
  offset: 10,
  metadata: encodeCommitMetadata(memory),
  topicId: 'id-1',
  othersCommitted: true,
  outOfRange: null,
  logStart: null,
  policy: 'Earliest',
  atMs,
  ...change,
});
const start = { kind: 'start', position: 10, epoch: 8, memory, unclean: true, mishap: null };

describe('take-over', () => {
  it('goes on where the last owner stopped, one epoch higher', () => {
    expect(takeOver(found())).toEqual(start);
  });
  it('is clean after a release', () => {
    const released = { ...memory, released: true };
    expect(takeOver(found({ metadata: encodeCommitMetadata(released) }))).toEqual({
      ...start,
      memory: released,
      unclean: false,
    });
  });
  it.each(['', 'something else'])(
    'a commit without our memory (%j): the first owner, an epoch above any before',
    (metadata) => {
      expect(takeOver(found({ metadata }))).toEqual({ ...start, epoch: 1_800_000_000, memory: null, unclean: false });
    },
  );

  const missing = { offset: null, metadata: '' };
  it('asks for the log start only where it matters', () => {
    expect(takeOver(found(missing))).toEqual({ kind: 'needs-log-start' });
    expect(takeOver(found({ topicId: 'id-2' }))).toEqual({ kind: 'needs-log-start' });
  });
  const fresh = { kind: 'start', position: 3, memory: null, unclean: false };
  it('a partition without commit among others with: new, from the log start, no mishap', () => {
    expect(takeOver(found({ ...missing, logStart: 3, policy: 'Stop' }))).toEqual({
      ...fresh,
      epoch: 1_800_000_000,
      mishap: null,
    });
  });
  it('no commit anywhere (D11): told, by policy', () => {
    const lost = { ...missing, logStart: 3, othersCommitted: false };
    expect(takeOver(found(lost))).toMatchObject({
      ...fresh,
      mishap: expect.stringContaining('no partition has a commit'),
    });
    expect(takeOver(found({ ...lost, policy: 'Stop' }))).toMatchObject({ kind: 'stop', offset: 3 });
  });
  it('out of range, as a fetch has shown (D11): told, by policy', () => {
    const above = { outOfRange: 'above the end', logStart: 3 };
    expect(takeOver(found(above))).toMatchObject({ ...fresh, epoch: 8, mishap: 'above the end' });
    expect(takeOver(found({ ...above, policy: 'Stop' }))).toMatchObject({ kind: 'stop', offset: 10 });
  });
  it('topic created anew (D11): told, by policy, epoch still rises', () => {
    const anew = { topicId: 'id-2', logStart: 3 };
    expect(takeOver(found(anew))).toMatchObject({ ...fresh, epoch: 8, mishap: expect.stringContaining('id-1') });
    expect(takeOver(found({ ...anew, policy: 'Stop' }))).toMatchObject({ kind: 'stop', offset: 10 });
  });
});
