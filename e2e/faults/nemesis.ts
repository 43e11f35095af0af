/** Faults, each written down when it really begins and when it is over. */
import { rmSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Broker } from '../cluster/broker.ts';
import { nowMs } from './history-file.ts';
import type { KeptProcess } from './processes.ts';
import type { Scene } from './scene.ts';

/** Long enough for calls to be made, far below a session. */
const silentMs = 500;

export class Nemesis {
  readonly #scene: Scene;
  #faults = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** SIGKILL, and the same name again a moment later, as its StatefulSet would. */
  killInvoker(ordinal: number, awayMs = 200): Promise<void> {
    return this.#during('invoker killed', false, () => this.#restarted(this.#invoker(ordinal), 'SIGKILL', awayMs));
  }

  /** SIGSTOP, and SIGCONT after so long. */
  pauseInvoker(ordinal: number, pausedMs: number): Promise<void> {
    return this.#during('invoker paused', false, async () => {
      this.#invoker(ordinal).signal('SIGSTOP');
      await pause(pausedMs);
      this.#invoker(ordinal).signal('SIGCONT');
    });
  }

  /** The same, and on waking the broker is silent for a while: the invoker must know by itself what it has lost. */
  pauseInvokerUntold(ordinal: number, pausedMs: number, broker: Broker): Promise<void> {
    return this.#during('invoker paused', false, async () => {
      this.#invoker(ordinal).signal('SIGSTOP');
      await pause(pausedMs);
      await broker.pause();
      this.#invoker(ordinal).signal('SIGCONT');
      await pause(silentMs);
      broker.resume();
    });
  }

  /** SIGTERM, the end waited for, and the same name again: as a rolling restart. Nothing may be repeated because of it. */
  restartInvoker(ordinal: number): Promise<void> {
    return this.#during('invoker restarted', true, () => this.#restarted(this.#invoker(ordinal), 'SIGTERM', 0));
  }

  /** Waits until just so many members own partitions, and all partitions are owned. */
  scale(invokers: number): Promise<void> {
    return this.#during(`placement of ${invokers}`, true, async () => {
      this.#scene.place(invokers);
      await this.#scene.untilOwned(invokers);
    });
  }

  /** Without waiting for it. */
  place(invokers: number): Promise<void> {
    return this.#during(`placement of ${invokers}`, true, async () => this.#scene.place(invokers));
  }

  killHost(index: number, awayMs = 200): Promise<void> {
    return this.#during('host killed', false, () => this.#restarted(this.#scene.hosts[index]!, 'SIGKILL', awayMs));
  }

  /** SIGTERM is an orderly restart, SIGKILL a crash. */
  restartBroker(broker: Broker, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    return this.#during(signal === 'SIGTERM' ? 'broker restarted' : 'broker killed', false, async () => {
      await broker.stop(signal);
      await broker.start();
    });
  }

  pauseBroker(broker: Broker, pausedMs: number): Promise<void> {
    return this.#during('broker paused', false, async () => {
      await broker.pause();
      await pause(pausedMs);
      broker.resume();
    });
  }

  /** Every call fails for so long: the function's database is away. */
  failFunction(forMs: number): Promise<void> {
    return this.#during('function fails', true, async () => {
      writeFileSync(this.#scene.failingFile, '');
      await pause(forMs);
      rmSync(this.#scene.failingFile);
    });
  }

  /** Starts invokers that end by themselves again, as kubelet would, until the returned function is called. */
  raiseTheDead(): () => Promise<void> {
    let watching = true;
    const keep = async (invoker: KeptProcess): Promise<void> => {
      while (watching) {
        await pause(50);
        if (!watching || invoker.isRunning) continue;
        // Out of memory it is busy with dying for seconds, and is no owner any more before it is dead.
        const sinceMs = this.#scene.answeredMs(invoker.pids.at(-1)!);
        await this.#during(`invoker died: ${await invoker.ended}`, false, () => invoker.start(), sinceMs);
      }
    };
    const lives = Promise.allSettled(this.#scene.invokers.map(keep));
    return async () => {
      watching = false;
      const failed = (await lives).find((life) => life.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    };
  }

  #invoker(ordinal: number): KeptProcess {
    return this.#scene.invokers[ordinal]!;
  }

  async #restarted(process: KeptProcess, signal: 'SIGTERM' | 'SIGKILL', awayMs: number): Promise<void> {
    await process.stop(signal);
    await pause(awayMs);
    await process.start();
  }

  async #during(what: string, clean: boolean, act: () => Promise<void>, sinceMs = nowMs()): Promise<void> {
    this.#faults += 1;
    const fault = this.#faults;
    this.#scene.history.write({ kind: 'fault', atMs: sinceMs, fault, what, clean });
    await act();
    this.#scene.history.write({ kind: 'healed', atMs: nowMs(), fault });
  }
}
