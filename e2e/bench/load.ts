/** The records that are sent: 256 bytes of JSON, a short key, the same number to each partition. */
import type { LoadKafka } from './kafka.ts';

export const valueBytes = 256;
const keys = 10_000;
/** Records of one produce request and partition: a batch of about 57 kB, as a producer with some linger makes it. */
const perPartitionAtOnce = 200;
const sendsAtOnce = 4;

/** `fields` as JSON, filled up to `valueBytes`. */
export function paddedJson(fields: Readonly<Record<string, number>>): string {
  const bare = JSON.stringify({ ...fields, fill: '' });
  return JSON.stringify({ ...fields, fill: 'x'.repeat(valueBytes - bare.length) });
}

/** Sends `count` records, evenly. */
export async function fill(kafka: LoadKafka, topic: string, partitions: number, count: number): Promise<void> {
  let next = 0;
  const chunk = partitions * perPartitionAtOnce;
  const sender = async (): Promise<void> => {
    while (next < count) {
      const from = next;
      next = Math.min(count, from + chunk);
      const records = Array.from({ length: next - from }, (_, index) => ({
        partition: (from + index) % partitions,
        key: `key-${(from + index) % keys}`,
        value: paddedJson({ n: from + index }),
      }));
      await kafka.send(topic, records);
    }
  };
  await Promise.all(Array.from({ length: sendsAtOnce }, sender));
}

/** Sends single records at a steady rate, each with the time at which it was sent (`sentAtMs`, Unix ms with fractions). */
export async function sendSteadily(
  kafka: LoadKafka,
  topic: string,
  partitions: number,
  load: { readonly count: number; readonly perSecond: number },
): Promise<void> {
  const beganAtMs = performance.now();
  const sent: Promise<void>[] = [];
  for (let n = 0; n < load.count; n += 1) {
    const waitMs = beganAtMs + (n * 1000) / load.perSecond - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const sentAtMs = performance.timeOrigin + performance.now();
    sent.push(kafka.send(topic, [{ partition: n % partitions, key: `key-${n}`, value: paddedJson({ sentAtMs }) }]));
  }
  await Promise.all(sent);
}
