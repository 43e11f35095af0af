/** Asks every running invoker for its report about once a second: plain HTTP to the pod, bounded in number, time and size. */
import { Agent, get } from 'node:http';
import type { Pod } from '#api/kubernetes.ts';
import { invokerStatefulSet, labels } from '#api/names.ts';
import type { StreamBinding } from '#api/types.gen.ts';
import { type InvokerReport, invokerPort, reportPath } from '#contract/invoker-report.ts';
import type { ReadCache } from './object-cache.ts';
import type { ReportingBinding, ReportsSeen } from './reports-seen.ts';

export interface InvokerReportsOptions {
  readonly bindings: ReadCache<StreamBinding>;
  readonly pods: ReadCache<Pod>;
  readonly seen: ReportsSeen;
  /** Unix ms. */
  readonly nowMs: () => number;
  readonly onPolled: (outcome: 'ok' | 'failed', pod: Pod, why?: string) => void;
  readonly intervalMs?: number;
  /** The port that invokers listen on; only tests choose another. */
  readonly port?: number;
}

const defaultIntervalMs = 1_000;
const timeoutMs = 2_000;
/** Requests at a time, over all bindings. */
const concurrencyMax = 16;
/** A report is small: this is room for thousands of partitions. */
const reportBytesMax = 1024 * 1024;
/** What was not renewed for so long says nothing any more. */
const staleMs = 5_000;

export interface InvokerReports {
  stop(): void;
}

interface Target {
  readonly binding: ReportingBinding;
  readonly pod: Pod;
  readonly ip: string;
}

export function startInvokerReports(options: InvokerReportsOptions): InvokerReports {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrencyMax, maxFreeSockets: 256, timeout: 10_000 });
  const stopped = new AbortController();
  let isPolling = false;
  const round = async (): Promise<void> => {
    const waiting = targetsOf(options);
    await Promise.all(
      Array.from({ length: Math.min(concurrencyMax, waiting.length) }, async () => {
        for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
          await poll(options, agent, target, stopped.signal);
        }
      }),
    );
  };
  const timer = setInterval(() => {
    if (isPolling) return;
    isPolling = true;
    void round().finally(() => {
      isPolling = false;
    });
  }, options.intervalMs ?? defaultIntervalMs);
  return {
    stop() {
      clearInterval(timer);
      stopped.abort();
      agent.destroy();
    },
  };
}

/** Forgets what is stale or gone on the way. */
function targetsOf(options: InvokerReportsOptions): Target[] {
  return options.bindings.namespaces().flatMap((namespace) => {
    const pods = Map.groupBy(options.pods.in(namespace), ({ metadata }) =>
      metadata.labels?.[labels.component] === 'invoker' ? metadata.labels[labels.binding] : undefined,
    );
    return options.bindings.in(namespace).flatMap(({ metadata: { uid, name } }) => {
      const binding = { uid, namespace, name };
      const own = (pods.get(name) ?? []).filter((pod) => pod.metadata.name.startsWith(`${invokerStatefulSet(name)}-`));
      options.seen.prune(binding, new Set(own.map(({ metadata }) => metadata.uid)), options.nowMs() - staleMs);
      return own.flatMap((pod) => {
        const { phase, podIP } = pod.status ?? {};
        // Not only ready ones: one that has left the group is not ready, and its word that it left is waited for.
        return phase === 'Running' && podIP !== undefined ? [{ binding, pod, ip: podIP }] : [];
      });
    });
  });
}

async function poll(options: InvokerReportsOptions, agent: Agent, target: Target, stop: AbortSignal): Promise<void> {
  const { pod, binding, ip } = target;
  try {
    const report = await fetchReport(agent, ip, options.port ?? invokerPort, stop);
    if (stop.aborted) return;
    options.seen.put(binding, { podUid: pod.metadata.uid, atMs: options.nowMs(), report });
    options.onPolled('ok', pod);
  } catch (error) {
    if (!stop.aborted) options.onPolled('failed', pod, String(error));
  }
}

function fetchReport(agent: Agent, host: string, port: number, stop: AbortSignal): Promise<InvokerReport> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]);
  return new Promise((resolve, reject) => {
    const request = get({ host, port, path: reportPath, agent, signal }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > reportBytesMax) request.destroy(new Error(`a report of more than ${reportBytesMax} bytes`));
        else chunks.push(chunk);
      });
      response.on('end', () => {
        if (response.statusCode !== 200) reject(new Error(`HTTP ${response.statusCode}`));
        else resolve(parseReport(Buffer.concat(chunks).toString('utf8'), reject));
      });
    });
    request.on('error', reject);
  });
}

function parseReport(text: string, reject: (error: unknown) => void): InvokerReport {
  try {
    const report = JSON.parse(text) as InvokerReport;
    if (!Number.isInteger(report.ordinal) || !Array.isArray(report.ownedPartitions) || !Array.isArray(report.blocked)) {
      throw new Error('not an invoker report');
    }
    return report;
  } catch (error) {
    reject(error);
    return undefined as never;
  }
}
