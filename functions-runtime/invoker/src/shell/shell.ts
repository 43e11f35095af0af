/** The one loop around the core: feeds events in order, runs effects, and keeps the core's alarm clock. */
import type { CoreEffect, CoreEvent } from '../core/events.ts';

export interface SteppingCore {
  step(event: CoreEvent): readonly CoreEffect[];
}

/** One handler for each kind of effect, except `wake`, which the shell runs itself. Handlers must not block. */
export type EffectHandlers = {
  readonly [K in Exclude<CoreEffect['kind'], 'wake'>]: (effect: Extract<CoreEffect, { kind: K }>) => void;
};

/** setTimeout knows no longer wait. */
const longestTimerMs = 2 ** 31 - 1;

export class Shell {
  readonly #core: SteppingCore;
  readonly #handlers: EffectHandlers;
  readonly #waitingEvents: CoreEvent[] = [];
  #stepping = false;
  #alarm: NodeJS.Timeout | undefined;
  #alarmAtMs = Number.POSITIVE_INFINITY;

  constructor(core: SteppingCore, handlers: EffectHandlers) {
    this.#core = core;
    this.#handlers = handlers;
  }

  /** Events that arise while effects run are taken afterwards, in order. A throw here is a bug: it ends the process. */
  feed(event: CoreEvent): void {
    this.#waitingEvents.push(event);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      for (let next = this.#waitingEvents.shift(); next !== undefined; next = this.#waitingEvents.shift()) {
        for (const effect of this.#core.step(next)) this.#run(effect);
      }
    } finally {
      this.#stepping = false;
    }
  }

  stop(): void {
    clearTimeout(this.#alarm);
  }

  #run(effect: CoreEffect): void {
    if (effect.kind === 'wake') this.#wake(effect.atMs);
    else (this.#handlers[effect.kind] as (effect: CoreEffect) => void)(effect);
  }

  #wake(atMs: number): void {
    if (atMs === this.#alarmAtMs) return;
    clearTimeout(this.#alarm);
    this.#alarmAtMs = atMs;
    const waitMs = Math.min(longestTimerMs, Math.max(0, atMs - Date.now()));
    this.#alarm = setTimeout(() => {
      this.#alarmAtMs = Number.POSITIVE_INFINITY;
      this.feed({ kind: 'ticked', atMs: Date.now() });
    }, waitMs);
  }
}
