// D11: what was skipped is told as an Event, once for each occurrence, however often the plan is made; a wish that nobody understands is told too.
import { describe, expect, it } from 'vitest';
import { retryAnnotation, skipAnnotation } from '#api/names.ts';
import type { Happening } from '#contract/invoker-report.ts';
import { planBinding } from './binding-plan.ts';
import { happeningEvents } from './happenings.ts';
import { bindingObserved, exampleBinding, exampleHash, nowMs, reportOf, settings } from './observed-examples.ts';
import { placementOf } from './placement.ts';

const detail = 'position 5 is outside of the log (40 to 90): 35 offsets are skipped';
const lost: Happening = { kind: 'out-of-range', atMs: nowMs - 1_000, partition: 3, detail };
const observed = (happened: readonly Happening[], podUid?: string) =>
  bindingObserved({ reports: new Map([reportOf(0, { happened }, podUid)]) });

describe('what happened at an invoker', () => {
  it('D11: offsets that retention took are told with the partition and how many', () => {
    const { events } = planBinding(observed([lost]), settings, exampleHash);
    expect(events).toContainEqual({
      ...{ type: 'Warning', reason: 'OffsetOutOfRange', action: 'Skip', note: `partition 3: ${detail}` },
      once: expect.any(String),
    });
  });

  it('has the same key at every look, and another one at each occurrence, in each pod', () => {
    const key = (happened: Happening, podUid?: string) => happeningEvents(observed([happened], podUid))[0]?.once;
    expect(key(lost)).toBe(key({ ...lost }));
    const others = [key({ ...lost, atMs: lost.atMs + 1 }), key({ ...lost, detail: 'x' }), key(lost, 'uid-of-another')];
    expect(new Set([key(lost), ...others]).size).toBe(4);
  });

  it('is not told any more when it is old', () => {
    expect(happeningEvents(observed([{ ...lost, atMs: nowMs - 3_600_000 }]))).toEqual([]);
  });

  it('a skipped record is told as what it is: wished', () => {
    expect(happeningEvents(observed([{ ...lost, kind: 'skipped' }]))).toMatchObject([
      { type: 'Normal', reason: 'RecordSkipped' },
    ]);
  });
});

describe('wishes for single records', () => {
  const wishing = (annotations: Record<string, string>) => exampleBinding({}, {}, { annotations });

  it('go to the invokers with the placement', () => {
    const binding = wishing({ [skipAnnotation]: '3:1042', [retryAnnotation]: ' 0:7, 1:8 ' });
    expect(placementOf(binding, 2).data).toEqual({ invokers: '2', skip: '3:1042', retry: ' 0:7, 1:8 ' });
    expect(happeningEvents(bindingObserved({ binding }))).toEqual([]);
  });

  it('that mean nothing go nowhere, and are told', () => {
    const binding = wishing({ [skipAnnotation]: 'all' });
    expect(placementOf(binding, 2).data).toEqual({ invokers: '2' });
    expect(happeningEvents(bindingObserved({ binding }))).toMatchObject([
      { reason: 'AnnotationNotUnderstood', note: expect.stringContaining('headrace.dev/skip is "all"') },
    ]);
  });
});
