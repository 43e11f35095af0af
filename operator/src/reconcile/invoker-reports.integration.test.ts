// Reports over real HTTP: every running invoker is asked, one that hangs or lies delays nobody, what is stale is forgotten.
import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterEach, expect, test, vi } from 'vitest';
import type { Pod } from '#api/kubernetes.ts';
import { labels } from '#api/names.ts';
import type { StreamBinding } from '#api/types.gen.ts';
import type { InvokerReport } from '#contract/invoker-report.ts';
import { type InvokerReports, startInvokerReports } from './invoker-reports.ts';
import { keyText } from './keys.ts';
import { ObjectCache } from './object-cache.ts';
import { createReportsSeen } from './reports-seen.ts';

const namespace = 'shop';
const port = 18_082;
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const report = (ordinal: number, change: Partial<InvokerReport> = {}): InvokerReport => ({
  ordinal,
  membership: 'member',
  ownedPartitions: [ordinal],
  recordsIn: 0,
  recordsSettled: 0,
  outputsWritten: 0,
  deadLettersWritten: 0,
  callsDone: 0,
  busyMs: 0,
  openCalls: 0,
  bufferedBytes: 0,
  waitingRetries: 0,
  functionAvailable: true,
  blocked: [],
  guardedPartitions: [],
  outOfRange: { count: 0, skipped: 0 },
  ...change,
});

/** Each invoker has an address of its own on the loopback, as pods have; the port is the same for all. */
async function invoker(ip: string, answer: (response: ServerResponse) => void): Promise<Server> {
  const server = createServer((_, response) => answer(response));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, ip, resolve));
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

const pod = (name: string, podIP: string, phase = 'Running'): Pod => ({
  metadata: {
    name,
    namespace,
    uid: `uid-${name}`,
    resourceVersion: '1',
    labels: { [labels.component]: 'invoker', [labels.binding]: 'bids' },
  },
  status: { phase, podIP },
});

function start(pods: ObjectCache<Pod>) {
  const bindings = new ObjectCache<StreamBinding>();
  bindings.put({ metadata: { name: 'bids', namespace, uid: 'b1' } } as unknown as StreamBinding);
  const keys: string[] = [];
  const polled: string[] = [];
  const seen = createReportsSeen((key) => keys.push(keyText(key)));
  const onPolled = (outcome: string, { metadata }: Pod): void => void polled.push(`${metadata.name} ${outcome}`);
  const options = { bindings, pods, seen, nowMs: Date.now, onPolled, intervalMs: 50, port };
  const reports: InvokerReports = startInvokerReports(options);
  ends.push(() => reports.stop());
  return { seen, keys, polled };
}

test('reports by ordinal; only what matters to a plan enqueues the binding', async () => {
  let counters = 0;
  let owned = [0];
  await invoker('127.40.0.1', (response) => {
    counters += 1;
    response.end(JSON.stringify(report(0, { recordsIn: counters, ownedPartitions: owned })));
  });
  const pods = new ObjectCache<Pod>();
  pods.put(pod('bids-invoker-0', '127.40.0.1'));
  const { seen, keys } = start(pods);
  await vi.waitFor(() => expect(seen.of('b1').get(0)?.report.recordsIn).toBeGreaterThan(3), 5_000);
  expect(keys).toEqual(['binding/shop/bids']);
  owned = [0, 1];
  await vi.waitFor(() => expect(keys).toEqual(['binding/shop/bids', 'binding/shop/bids']), 5_000);
  expect(seen.of('b1').get(0)).toMatchObject({ podUid: 'uid-bids-invoker-0', report: { ownedPartitions: [0, 1] } });
});

test('one that hangs, one that lies and one that is not running leave the others alone', async () => {
  await invoker('127.40.0.2', () => undefined);
  await invoker('127.40.0.3', (response) => void response.end('{"ordinal":"x"}'));
  await invoker('127.40.0.4', (response) => void response.end(JSON.stringify(report(2))));
  const pods = new ObjectCache<Pod>();
  pods.put(pod('bids-invoker-0', '127.40.0.2'));
  pods.put(pod('bids-invoker-1', '127.40.0.3'));
  pods.put(pod('bids-invoker-2', '127.40.0.4'));
  pods.put(pod('bids-invoker-3', '127.40.0.5', 'Pending'));
  const { seen, polled } = start(pods);
  await vi.waitFor(() => expect(new Set(polled).size).toBe(3), 6_000);
  expect([...new Set(polled)].sort()).toEqual(['bids-invoker-0 failed', 'bids-invoker-1 failed', 'bids-invoker-2 ok']);
  expect([...seen.of('b1').keys()]).toEqual([2]);
});

test('the report of a pod that is gone is forgotten, and the binding hears of it', async () => {
  await invoker('127.40.0.6', (response) => void response.end(JSON.stringify(report(0))));
  const pods = new ObjectCache<Pod>();
  const own = pod('bids-invoker-0', '127.40.0.6');
  pods.put(own);
  const { seen, keys } = start(pods);
  await vi.waitFor(() => expect(seen.of('b1').size).toBe(1), 5_000);
  pods.remove(own);
  await vi.waitFor(() => expect(seen.of('b1').size).toBe(0), 5_000);
  expect(keys).toHaveLength(2);
});
