// Promise: on a live group exactly one record is skipped, or tried at once, by an annotation as docs/blocked.md says; no other one is touched (D8).
import { expect } from 'vitest';
import { invokerStatefulSet } from '#api/names.ts';
import { streamBinding } from '../given/binding.ts';
import { eventFunction } from '../given/function.ts';
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
  const annotate = async (text: string) => {
    const args = ['annotate', 'streambinding', name, text, '--overwrite'];
    const { code, stderr } = await kubernetes.kubectl(args);
    expect(code, stderr).toBe(0);
    return performance.now();
  };
  const described = (reason: string) =>
    eventually(
      `kubectl describe shows the Event ${reason}`,
      { withinMs: 15_000 },
      async () => (await kubernetes.kubectl(['describe', 'streambinding', name])).stdout,
      (text) => text.includes(` ${reason} `),
    );
  const blockedAt = (offset: number) =>
    says(
      ...([kubernetes, 'streambindings', name, 'Blocked'] as const),
      { status: 'True', reason: 'RecordBlocked', message: new RegExp(`^partition 0 waits at offset ${offset}: `) },
      { withinMs: 60_000 },
    );

  const { message } = await blockedAt(3);
  expect(message).toMatch(/not this one.*headrace\.dev\/skip/);
  await flowing(stage, output, 13, { withinMs: 30_000 });

  await annotate('headrace.dev/skip=3');
  await described('AnnotationNotUnderstood');

  // The condition's own words make the annotation; 8 holds nothing, and is not touched.
  const [, partition, offset] = /^partition (\d+) waits at offset (\d+)/.exec(message) ?? [];
  const wishedMs = await annotate(`headrace.dev/skip=${partition}:${offset},0:8`);
  await flowing(stage, output, 15, { withinMs: 10_000 });
  stage.figure(`from the annotation to the record behind the skipped one: ${since(wishedMs)}`);
  await blockedAt(6);
  expect(await described('RecordSkipped')).toMatch(
    /RecordSkipped .*partition 0: the record at offset 3 is skipped: dropped/,
  );
  const invoker = `${invokerStatefulSet(name)}-0`;
  const skips = (await logOf(kubernetes, invoker)).filter((line) => line.includes('skipped, as the annotation wishes'));
  expect(skips.map((line) => JSON.parse(line))).toMatchObject([{ partition: 0, offset: 3 }]);

  // The function refuses it still: it is called once more, and holds its partition as before.
  const { callsDone } = await reportOf(kubernetes, invoker);
  await annotate('headrace.dev/retry=0:6');
  await reports(kubernetes, 'one more call', invoker, { withinMs: 10_000 }, (now) => now.callsDone === callsDone + 1);
  expect((await blockedAt(6)).message).toContain('not this one');

  await kubernetes.patch('eventfunctions', name, { spec: { code: { inline: refusing() } } });
  const settled = ['wait', '--for=condition=Reconciling=false', `eventfunction/${name}`, '--timeout=60s'];
  const { code: waited, stderr } = await kubernetes.kubectl(settled);
  expect(waited, stderr).toBe(0);
  await blockedAt(6);
  await annotate('headrace.dev/retry-');
  const againMs = await annotate('headrace.dev/retry=0:6');
  await flowing(stage, output, 19, { withinMs: 10_000 });
  stage.figure(`from the second wish to try it to the end of its partition: ${since(againMs)}`);
  await drained(stage, name, input, { withinMs: 30_000 });
  await says(kubernetes, 'streambindings', name, 'Blocked', { status: 'False' }, { withinMs: 30_000 });

  const done = (await recordsOf(stage, output)).map((record) => (jsonOf(record) as { n: number }).n);
  expect(done.filter((n) => n < 100)).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9]);
  expect(done.filter((n) => n >= 100)).toEqual(numbers(100, 10));
});

const since = (ms: number): string => `${((performance.now() - ms) / 1000).toFixed(1)} s`;
