/** An unmodified Functions Framework for Node, from its registry package, as a plain container: every record arrives, in order, and is tried again. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { FrameworkProcess } from './framework-process.ts';
import { stage } from './stage.ts';

const on = stage();
const dir = mkdtempSync(join(tmpdir(), 'headrace-framework-'));
afterAll(() => rmSync(dir, { recursive: true }));

const container = {
  function: { name: 'f', serviceName: 'f', kind: 'Container', timeoutMs: 5_000, concurrency: 4 },
  batch: { maxRecords: 1, maxBytes: 1_000_000, maxWaitMs: 0 },
} as const;

interface Audited {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly partitionkey: string;
  readonly data: { readonly n: number };
}

it('D1 P1: a CloudEvent function gets each record as an event, in order; what throws is tried again, until all are settled', async () => {
  const auditFile = join(dir, 'audit.ndjson');
  const framework = await FrameworkProcess.start('audit', 'cloudevent', { AUDIT_FILE: auditFile });
  on.after(() => framework.kill());
  const scene = await on.scene({ endpoints: [framework.endpoint], contract: container, deadLetters: true });
  const invoker = await scene.invoker();
  await scene.send(0, 200);
  await invoker.until('all is settled', async () => (await invoker.report()).recordsSettled === 200, 60_000);
  expect(await invoker.report()).toMatchObject({ deadLettersWritten: 0, outputsWritten: 0, blocked: [] });
  const audited = readFileSync(auditFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Audited);
  expect(audited.map(({ data }) => data.n).sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  for (const [partition, events] of Map.groupBy(audited, ({ data }) => data.n % 4)) {
    expect(events.map(({ data }) => data.n)).toEqual(events.map((_, index) => partition + index * 4));
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => `${scene.input}/${partition}/${index}`));
    for (const event of events) {
      expect(event).toMatchObject({
        source: `/kafka/${scene.input}`,
        type: 'dev.headrace.kafka.record.v1',
        partitionkey: `key-${partition}`,
      });
    }
  }
  const metrics = await (await fetch(`http://127.0.0.1:${invoker.port}/metrics`)).text();
  // 29 of 0 … 199 leave the remainder 3 when divided by 7: each failed once.
  expect(metrics).toMatch(/headrace_invocation_duration_seconds_count\{[^}]*kind="attempt-failed"\} 29\n/);
});

it('D1 D4 P3: an HTTP function answers events with events, which are written in order; also when it is killed meanwhile', async () => {
  let framework = await FrameworkProcess.start('enrich', 'http');
  on.after(() => framework.kill());
  const first = framework.pid;
  const scene = await on.scene({ endpoints: [framework.endpoint], contract: container, deadLetters: true });
  const invoker = await scene.invoker();
  await scene.send(0, 200);
  await scene.untilOut(50);
  await framework.kill();
  framework = await FrameworkProcess.start('enrich', 'http', {}, framework.port);
  await scene.send(200, 100);
  await scene.untilOut(300, 60_000);
  await invoker.until('all is settled', async () => (await invoker.report()).recordsSettled === 300);
  expect(scene.verdict(300)).toEqual({ lost: [], repeated: 0, swapped: [] });
  expect(scene.deadLetters!.records).toEqual([]);
  const outputs = scene.output.records.map(({ key, headers, value }) => ({
    key: String(key),
    id: String(headers.ce_id),
    type: String(headers.ce_type),
    ...(JSON.parse(String(value)) as { n: number; by: number }),
  }));
  for (const { key, id, type, n } of outputs) {
    expect({ key, type }).toEqual({ key: `key-${n % 4}`, type: 'shop.enriched' });
    expect(id).toBe(`${scene.input}/${n % 4}/${Math.floor(n / 4)}/enriched`);
  }
  expect(new Set(outputs.map(({ by }) => by))).toEqual(new Set([first, framework.pid]));
});

it('is the package as it was published', () => {
  const root = new URL('../../../../../', import.meta.url);
  const read = (path: string) => JSON.parse(readFileSync(new URL(path, root), 'utf8'));
  const pinned = read('package.json').devDependencies['@google-cloud/functions-framework'];
  expect(pinned).toMatch(/^\d+\.\d+\.\d+$/);
  expect(read('node_modules/@google-cloud/functions-framework/package.json').version).toBe(pinned);
  const { integrity } = read('package-lock.json').packages['node_modules/@google-cloud/functions-framework'];
  expect(integrity).toMatch(/^sha512-/);
  expect(existsSync(new URL('patches', root))).toBe(false);
});
