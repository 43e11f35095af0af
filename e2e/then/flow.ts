// How far a stream has come, seen from Kafka: records in a topic, records still to be done.
import { defaultConsumerGroup } from '#api/names.ts';
import type { Stage } from '../given/stage.ts';
import { eventually } from './eventually.ts';

/** The topic holds at least so many records. */
export async function flowing(
  { topics }: Stage,
  topic: string,
  atLeast: number,
  { withinMs }: { readonly withinMs: number },
): Promise<number> {
  const what = `${topic} holds at least ${atLeast} records`;
  return eventually(
    what,
    { withinMs },
    () => topics.ends(topic),
    (records) => records >= atLeast,
  );
}

/** Everything that was read is settled and committed. */
export async function drained(
  { topics, namespace }: Stage,
  binding: string,
  topic: string,
  { withinMs }: { readonly withinMs: number },
): Promise<void> {
  const group = defaultConsumerGroup(namespace, binding);
  const what = `the lag of ${group} on ${topic} is 0`;
  await eventually(
    what,
    { withinMs },
    () => topics.lag(group, topic),
    (lag) => lag === 0,
  );
}
