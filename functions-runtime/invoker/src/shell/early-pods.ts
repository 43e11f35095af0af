/** Pods that have an address but are not called ready: while no other is, they are asked themselves. The kubelet asks once a second, and its word has a way to go. */

import { get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { readyPath } from '#contract/call.ts';

export interface EarlyPodsOptions {
  /** Whether the pod at this endpoint says itself that it takes calls. Resolves soon, whatever happens. */
  readonly isUp: (endpoint: string) => Promise<boolean>;
  /** One more is up. */
  readonly onUp: () => void;
  /** Monotonic, ms. */
  readonly now: () => number;
}

/** A pod usually starts within this; who takes longer is asked less often. */
const eagerMs = 5_000;
const eagerPeriodMs = 50;
const patientPeriodMs = 500;
/** Asked at a time. */
const askedMax = 16;

export class EarlyPods {
  readonly #options: EarlyPodsOptions;
  /** Until when each is asked eagerly. */
  readonly #starting = new Map<string, number>();
  readonly #up = new Set<string>();
  #isNeeded = false;
  #isAsking = false;

  constructor(options: EarlyPodsOptions) {
    this.#options = options;
  }

  /** Those that said so, and are still not called ready. */
  get up(): readonly string[] {
    return [...this.#up];
  }

  /** `starting`: have an address and are not called ready. `isNeeded`: nobody else takes calls. */
  set(starting: readonly string[], isNeeded: boolean): void {
    const known = new Set(starting);
    for (const endpoint of this.#starting.keys()) if (!known.has(endpoint)) this.#starting.delete(endpoint);
    for (const endpoint of this.#up) if (!known.has(endpoint)) this.#up.delete(endpoint);
    for (const endpoint of starting)
      if (!this.#starting.has(endpoint)) this.#starting.set(endpoint, this.#options.now() + eagerMs);
    this.#isNeeded = isNeeded;
    if (!this.#isAsking) void this.#ask();
  }

  stop(): void {
    this.set([], false);
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    while (this.#isNeeded && this.#up.size === 0 && this.#starting.size > 0) {
      const asked = [...this.#starting.keys()].slice(0, askedMax);
      const answers = await Promise.all(asked.map(this.#options.isUp));
      // Who is gone or called ready meanwhile needs no word of ours.
      const up = asked.filter((endpoint, i) => answers[i] === true && this.#starting.has(endpoint));
      for (const endpoint of up) this.#up.add(endpoint);
      if (up.length > 0 && this.#isNeeded) this.#options.onUp();
      else await pause(this.#isEager() ? eagerPeriodMs : patientPeriodMs);
    }
    this.#isAsking = false;
  }

  #isEager(): boolean {
    return [...this.#starting.values()].some((untilMs) => this.#options.now() < untilMs);
  }
}

const answerWithinMs = 300;

/** Asks a host as the kubelet does. */
export function hostIsUp(endpoint: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(`http://${endpoint}${readyPath}`, { agent: false, timeout: answerWithinMs }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    // Also after a timeout and an answer that broke off; the first word counts.
    request.on('close', () => resolve(false));
    request.on('error', () => resolve(false));
  });
}
