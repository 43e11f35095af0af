// Waiting for what must come to be, with an end; the failure says what was seen last.
import { setTimeout as pause } from 'node:timers/promises';

export interface Patience {
  readonly withinMs: number;
  /** Default 250. */
  readonly everyMs?: number;
}

const shownChars = 2_000;

/** Looks until what it sees is as it should be, and gives it. A look that throws counts as not yet. */
export async function eventually<Seen>(
  what: string,
  { withinMs, everyMs = 250 }: Patience,
  look: () => Promise<Seen>,
  isSo: (seen: Seen) => boolean,
): Promise<Seen> {
  const deadlineMs = performance.now() + withinMs;
  let last = 'nothing yet';
  for (;;) {
    try {
      const seen = await look();
      if (isSo(seen)) return seen;
      last = shown(seen);
    } catch (error) {
      last = `an error: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (performance.now() > deadlineMs) throw new Error(`not within ${withinMs / 1000} s: ${what}\nlast seen: ${last}`);
    await pause(everyMs);
  }
}

function shown(seen: unknown): string {
  const text = typeof seen === 'string' ? seen : (JSON.stringify(seen) ?? String(seen));
  return text.length > shownChars ? `${text.slice(0, shownChars)}…` : text;
}
