/** The orderly end of a host: not ready at once, calls served until none come, then gone. */
import type { Server } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Guard } from './guard.ts';
import type { RunningCalls } from './running.ts';
import type { HostState } from './server.ts';

/**
 * Callers learn from Kubernetes that a pod goes away, a moment after the pod itself. Calls that come meanwhile are served, each with
 * `connection: close`; a socket closed under a call on its way would cost its records an attempt.
 */
const quietMs = 2_000;
const lookEveryMs = 50;
/** For answers of calls that are cut at the very end. */
const lastWordsMs = 500;

export interface DrainRoom {
  readonly guard: Guard;
  readonly running: RunningCalls;
  /** Unix ms. */
  readonly now: () => number;
}

export async function drain(
  server: Server,
  { guard, running, now }: DrainRoom,
  state: HostState,
  drainMs: number,
): Promise<'drained' | 'cut'> {
  state.stopping = true;
  const beganMs = now();
  let quietSinceMs = beganMs;
  while (now() - quietSinceMs < quietMs && now() - beganMs < drainMs) {
    await pause(lookEveryMs);
    quietSinceMs = guard.inFlight > 0 ? now() : Math.max(quietSinceMs, state.lastCallMs);
  }
  const end = guard.inFlight > 0 ? 'cut' : 'drained';
  running.cutAll('stopping');
  const closed = new Promise((resolve) => server.close(resolve));
  await Promise.race([closed, pause(lastWordsMs)]);
  return end;
}
