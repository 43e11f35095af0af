// Offsets that are kept, on a real broker that forgets those of quiet groups after its shortest time, a minute.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#kafka/given-topics.ts';
import { GivenNight } from './given-night.ts';

let night: GivenNight;
beforeAll(async () => {
  const properties = { 'offsets.retention.minutes': '1', 'offsets.retention.check.interval.ms': '1000' };
  night = await GivenNight.begin(properties, { HEADRACE_KEEP_OFFSETS_MS: '10000' });
});
afterAll(() => night?.end());

test('offsets of a sleeping group outlive the retention of the broker', async () => {
  const topic = await night.newTopic(2);
  await night.write(topic, 0, 3);
  const [kept, left] = [night.bindingOf(topic), night.bindingOf(topic)];
  await night.scout.put([kept, left]);
  await night.untilWatched([kept, left]);
  await night.scout.put([kept]);
  await eventually('the broker forgets the other', async () => (await night.committed(left))[0] === '-1', 110_000);
  expect(await night.committed(kept)).toEqual(['3', '0']);
});
