/** Sends the generator's events to Kafka at the planned pace and keeps the ids that were acknowledged. */
import { setTimeout as pause } from 'node:timers/promises';
import { Partitioners, type Producer } from 'kafkajs';
import { messageOf } from './events.ts';
import { AuctionTraffic, eventsDue, type GeneratorPlan, type Phase, type Placed, totalMs } from './generator.ts';
import { connection, type TopicNames, topics } from './topics.ts';

export interface TrafficPlan extends GeneratorPlan {
  readonly bootstrap: string;
  readonly phases: readonly Phase[];
  /** Default: the auction's own. */
  readonly topics?: Pick<TopicNames, 'placedItems' | 'placedBids'>;
}

export interface TrafficSent {
  /** Ids, each acknowledged by all in-sync replicas. */
  readonly items: readonly string[];
  readonly bids: readonly string[];
}

export interface Traffic {
  /** So far; grows. */
  readonly sent: TrafficSent;
  /** When the last phase is over and everything is acknowledged. Rejects when Kafka did not take an event. */
  readonly finished: Promise<TrafficSent>;
  /** Ends it early; `finished` resolves with what was sent. */
  stop(): void;
}

/** Events of a tick go out in one request per broker. */
const tickMs = 50;

/** Resolves when the producer is connected; the first event follows at once. */
export async function startTraffic(plan: TrafficPlan): Promise<Traffic> {
  const producer = connection(plan.bootstrap).producer({
    allowAutoTopicCreation: false,
    // The one that hashes keys as the Java client does.
    createPartitioner: Partitioners.DefaultPartitioner,
    // No event twice in the source and none out of order: the judge could not tell such from the invoker's faults.
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  const sent = { items: [] as string[], bids: [] as string[] };
  const stopping = new AbortController();
  const finished = send(producer, plan, sent, stopping.signal).finally(() => producer.disconnect());
  // Whoever awaits it later hears of it; until then it must not end the process.
  finished.catch(() => {});
  return { sent, finished, stop: () => stopping.abort() };
}

async function send(
  producer: Producer,
  plan: TrafficPlan,
  sent: { items: string[]; bids: string[] },
  stopping: AbortSignal,
): Promise<TrafficSent> {
  const traffic = new AuctionTraffic(plan);
  const { placedItems, placedBids } = plan.topics ?? topics;
  const [startMs, endMs] = [performance.now(), totalMs(plan.phases)];
  for (let elapsedMs = 0; !stopping.aborted && elapsedMs < endMs; ) {
    elapsedMs = Math.min(performance.now() - startMs, endMs);
    const due = eventsDue(plan.phases, elapsedMs) - sent.items.length - sent.bids.length;
    const placed = Array.from({ length: due }, () => traffic.next(Date.now()));
    const [items, bids] = [of('item', placed), of('bid', placed)];
    const messages = (list: readonly Placed[]) => list.map(({ event, mode }) => messageOf(event, mode));
    const topicMessages = [
      { topic: placedItems, messages: messages(items) },
      { topic: placedBids, messages: messages(bids) },
    ].filter((batch) => batch.messages.length > 0);
    if (topicMessages.length > 0) await producer.sendBatch({ acks: -1, topicMessages });
    sent.items.push(...items.map(({ event }) => event.id));
    sent.bids.push(...bids.map(({ event }) => event.id));
    await pause(Math.max(0, tickMs - (performance.now() - startMs - elapsedMs)));
  }
  return sent;
}

const of = (kind: Placed['kind'], placed: readonly Placed[]): Placed[] => placed.filter((each) => each.kind === kind);
