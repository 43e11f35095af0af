// Traffic at a steady rate: CloudEvents with unique ids and keys of uneven weight, sent until the time is over.
import { setTimeout as pause } from 'node:timers/promises';
import type { RecordToSend, Topics } from './topics.ts';

export interface TrafficPlan {
  readonly topic: string;
  readonly perSecond: number;
  readonly forMs: number;
  /** Default 64. */
  readonly keys?: number;
  /** Ids continue from here, so that a second stretch on a topic repeats none. Default 0. */
  readonly firstId?: number;
  /** Default: by key. */
  readonly partitionOf?: (n: number) => number;
}

export interface Traffic {
  /** Ids of all events, each acknowledged by Kafka; the traffic is over when it resolves. */
  readonly finished: Promise<readonly string[]>;
  isRunning(): boolean;
}

/** A tick's events go out in one request: many small requests would cost more than the system under test. */
const tickMs = 50;

export function startTraffic(topics: Topics, plan: TrafficPlan): Traffic {
  const { topic, perSecond, forMs, keys = 64, firstId = 0, partitionOf } = plan;
  let running = true;
  const send = async () => {
    const ids: string[] = [];
    const startedMs = performance.now();
    const total = Math.round((perSecond * forMs) / 1000);
    while (ids.length < total) {
      const elapsedMs = performance.now() - startedMs;
      const due = Math.min(total, Math.ceil((elapsedMs * perSecond) / 1000)) - ids.length;
      const events = Array.from({ length: due }, (_, index) =>
        eventAt(firstId + ids.length + index, keys, partitionOf),
      );
      if (events.length > 0) await topics.send(topic, events.map(recordOf));
      for (const { id } of events) ids.push(id);
      await pause(Math.max(0, tickMs - (performance.now() - startedMs - elapsedMs)));
    }
    return ids;
  };
  const finished = send().finally(() => {
    running = false;
  });
  // Whoever awaits it later hears of a failure; until then it must not end the process.
  finished.catch(() => {});
  return { finished, isRunning: () => running };
}

interface TrafficEvent {
  readonly id: string;
  readonly key: string;
  readonly partition: number | undefined;
}

/** The first keys carry more than the last: `n²` spread over the keys, by a fixed stride that visits all. */
function eventAt(n: number, keys: number, partitionOf?: (n: number) => number): TrafficEvent {
  const share = ((n * 7919) % 10_007) / 10_007;
  return { id: `event-${n}`, key: `key-${Math.floor(share * share * keys)}`, partition: partitionOf?.(n) };
}

/** A CloudEvent in Kafka's binary mode. */
const recordOf = ({ id, key, partition }: TrafficEvent): RecordToSend => ({
  key,
  ...(partition === undefined ? {} : { partition }),
  value: JSON.stringify({ id, key }),
  headers: {
    ...{ ce_specversion: '1.0', ce_id: id, ce_source: '/e2e/traffic', ce_type: 'e2e.sent' },
    'content-type': 'application/json',
  },
});
