// Promise: on a live group exactly one record is skipped, or tried at once, by an annotation as docs/blocked.md says; no other one is touched (D3, D8).
import { expect } from 'vitest';
import { invokerStatefulSet } from '#api/names.ts';
import { streamBinding } from '../given/binding.ts';
import { eventFunction } from '../given/function.ts';
import type { Kubernetes } from '../given/kubernetes.ts';
import { scenario } from '../given/stage.ts';
import type { RecordToSend } from '../given/topics.ts';
import { says } from '../then/conditions.ts';
import { eventually } from '../then/eventually.ts';
import { drained, flowing } from '../then/flow.ts';
import { jsonOf, recordsOf } from '../then/records.ts';
import { logOf, reportOf, reports } from '../then/report.ts';

const name = 'strict';

const refusing = (...refused: readonly number[]): string => `
export default ({ data }, context) => (${JSON.stringify(refused)}.includes(data.n) ? context.reject('not this one') : data);
`;
const failingAt = (failing: number): string => `
export default ({ data }) => {
  if (data.n === ${failing}) throw new Error('cannot do this one');
  return data;
};
`;
const order = (n: number, partition: number): RecordToSend => ({ key: 'k', value: JSON.stringify({ n }), partition });
const numbers = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

scenario('D8: exactly the record that an annotation names is skipped, or tried at once', async ({ stage }) => {
  const { kubernetes, bootstrapInCluster: bootstrapServer } = stage;
  const { input, output } = await stage.made({ input: 2, output: 1 });
  await kubernetes.apply(
    eventFunction(name, refusing(3, 6)),
    streamBinding(name, {
      ...{ topic: input, bootstrapServer, output: { topic: output } },
      // An hour: by itself nothing is tried again in this scenario.
      delivery: { onExhausted: 'Block', retry: { initialBackoff: '100ms', maxBackoff: '1h' } },
      scaling: { maxInvokers: 1 },
    }),
  );
  await stage.topics.send(input, [
    ...numbers(0, 10).map((n) => order(n, 0)),
    ...numbers(100, 10).map((n) => order(n, 1)),
  ]);
  const blockedAt = (offset: number) =>
    says(
      ...([kubernetes, 'streambindings', name, 'Blocked'] as const),
      { status: 'True', reason: 'RecordBlocked', message: new RegExp(`^partition 0 waits at offset ${offset}: `) },
      { withinMs: 60_000 },
    );

  const { message } = await blockedAt(3);
  expect(message).toMatch(/not this one.*headrace\.dev\/skip/);
  await flowing(stage, output, 13, { withinMs: 30_000 });

  await annotate(kubernetes, 'headrace.dev/skip=3');
  await described(kubernetes, 'AnnotationNotUnderstood');

  // The condition's own words make the annotation; 8 holds nothing, and is not touched.
  const [, partition, offset] = /^partition (\d+) waits at offset (\d+)/.exec(message) ?? [];
  const wishedMs = await annotate(kubernetes, `headrace.dev/skip=${partition}:${offset},0:8`);
  await flowing(stage, output, 15, { withinMs: 10_000 });
  stage.figure(`from the annotation to the record behind the skipped one: ${since(wishedMs)}`);
  await blockedAt(6);
  expect(await described(kubernetes, 'RecordSkipped')).toMatch(
    /RecordSkipped .*partition 0: the record at offset 3 is skipped: dropped/,
  );
  const invoker = `${invokerStatefulSet(name)}-0`;
  const skips = (await logOf(kubernetes, invoker)).filter((line) => line.includes('skipped, as the annotation wishes'));
  expect(skips.map((line) => JSON.parse(line))).toMatchObject([{ partition: 0, offset: 3 }]);

  // The function refuses it still: it is called once more, and holds its partition as before.
  const { callsDone } = await reportOf(kubernetes, invoker);
  await annotate(kubernetes, 'headrace.dev/retry=0:6');
  await reports(kubernetes, 'one more call', invoker, { withinMs: 10_000 }, (now) => now.callsDone === callsDone + 1);
  expect((await blockedAt(6)).message).toContain('not this one');

  await kubernetes.patch('eventfunctions', name, { spec: { code: { inline: refusing() } } });
  const settled = ['wait', '--for=condition=Reconciling=false', `eventfunction/${name}`, '--timeout=60s'];
  const { code: waited, stderr } = await kubernetes.kubectl(settled);
  expect(waited, stderr).toBe(0);
  await blockedAt(6);
  await annotate(kubernetes, 'headrace.dev/retry-');
  const againMs = await annotate(kubernetes, 'headrace.dev/retry=0:6');
  await flowing(stage, output, 19, { withinMs: 10_000 });
  stage.figure(`from the second wish to try it to the end of its partition: ${since(againMs)}`);
  await drained(stage, name, input, { withinMs: 30_000 });
  await says(kubernetes, 'streambindings', name, 'Blocked', { status: 'False' }, { withinMs: 30_000 });

  const done = (await recordsOf(stage, output)).map((record) => (jsonOf(record) as { n: number }).n);
  expect(done.filter((n) => n < 100)).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9]);
  expect(done.filter((n) => n >= 100)).toEqual(numbers(100, 10));
});

scenario('D3 D8: under DeadLetter the record that is skipped is in the dead-letter topic', async ({ stage }) => {
  const { kubernetes, bootstrapInCluster: bootstrapServer } = stage;
  const { input, output, dead } = await stage.made({ input: 1, output: 1, dead: 1 });
  await kubernetes.apply(
    eventFunction(name, failingAt(3)),
    streamBinding(name, {
      ...{ topic: input, bootstrapServer, output: { topic: output } },
      // After its first failure the record waits for an hour.
      delivery: { retry: { initialBackoff: '1h', maxBackoff: '1h' }, deadLetter: { topic: dead } },
      scaling: { maxInvokers: 1 },
    }),
  );
  await stage.topics.send(
    input,
    numbers(0, 6).map((n) => order(n, 0)),
  );
  const waits = { withinMs: 60_000 };
  await reports(kubernetes, 'that a record waits', `${invokerStatefulSet(name)}-0`, waits, (now) => {
    return now.waitingRetries === 1;
  });

  await annotate(kubernetes, 'headrace.dev/skip=0:3');
  await drained(stage, name, input, { withinMs: 10_000 });
  expect(await described(kubernetes, 'RecordSkipped')).toMatch(
    /RecordSkipped .*partition 0: the record at offset 3 is skipped: dead-lettered/,
  );
  expect((await recordsOf(stage, output)).map((record) => jsonOf(record))).toEqual([0, 1, 2, 4, 5].map((n) => ({ n })));
  const letters = await recordsOf(stage, dead);
  expect(letters.map((letter) => jsonOf(letter))).toEqual([{ n: 3 }]);
  expect(letters[0]?.headers.map(([header, value]) => `${header}: ${value}`)).toContain(
    'headrace-reason: skipped by the annotation headrace.dev/skip',
  );
});

/** As a person types it. Gives when it was done. */
async function annotate({ kubectl }: Kubernetes, text: string): Promise<number> {
  const { code, stderr } = await kubectl(['annotate', 'streambinding', name, text, '--overwrite']);
  expect(code, stderr).toBe(0);
  return performance.now();
}

const described = ({ kubectl }: Kubernetes, reason: string): Promise<string> =>
  eventually(
    `kubectl describe shows the Event ${reason}`,
    { withinMs: 15_000 },
    async () => (await kubectl(['describe', 'streambinding', name])).stdout,
    (text) => text.includes(` ${reason} `),
  );

const since = (ms: number): string => `${((performance.now() - ms) / 1000).toFixed(1)} s`;
