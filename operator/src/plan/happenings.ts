/** Events for what happened once at an invoker, and for wishes that cannot be understood: each told once, however often it is planned. */
import { retryAnnotation, skipAnnotation } from '#api/names.ts';
import type { Happening } from '#contract/invoker-report.ts';
import type { BindingObserved } from './observed.ts';
import { wishesOf } from './placement.ts';
import type { PlannedEvent } from './plan.ts';

/** An invoker keeps reporting what happened; Events live an hour. So long an operator that starts anew may still tell it. */
const toldForMs = 10 * 60_000;

export function happeningEvents({ reports, nowMs, binding }: BindingObserved): readonly PlannedEvent[] {
  const happened = [...reports.values()].flatMap(({ podUid, report }) =>
    (report.happened ?? [])
      .filter(({ atMs }) => nowMs - atMs < toldForMs)
      .map((happening) => ({ ...eventOf(happening), once: `${podUid} ${happening.atMs} ${happening.detail}` })),
  );
  const misunderstood = wishesOf(binding)
    .filter(({ valid }) => !valid)
    .map(({ what, text }): PlannedEvent => {
      const annotation = what === 'skip' ? skipAnnotation : retryAnnotation;
      const note = `${annotation} is ${JSON.stringify(text.slice(0, 200))}, which means nothing; next: give partition:offset, as in "3:1042"`;
      return { type: 'Warning', reason: 'AnnotationNotUnderstood', action: 'Observe', note, once: `${what} ${text}` };
    });
  return [...happened, ...misunderstood];
}

function eventOf({ kind, partition, detail }: Happening): PlannedEvent {
  const note = `partition ${partition}: ${detail}`.slice(0, 1_000);
  switch (kind) {
    case 'out-of-range':
      return { type: 'Warning', reason: 'OffsetOutOfRange', action: 'Skip', note };
    case 'skipped':
      return { type: 'Normal', reason: 'RecordSkipped', action: 'Skip', note };
  }
}
