/** Objects as the API server would hand them out, for the tests of the plan: complete, and small to vary. */
import type { Condition, Deployment, Pod, StatefulSet } from '#api/kubernetes.ts';
import { codeHashAnnotation, contractHashAnnotation } from '#api/names.ts';
import type { EventFunction, EventFunctionSpec, StreamBinding, StreamBindingSpec } from '#api/types.gen.ts';
import type { InvokerReport } from '#contract/invoker-report.ts';
import type { BindingSample, SampleFailure } from '#contract/scout.ts';
import type { BindingObserved, FunctionObserved, InvokerReportSeen } from './observed.ts';
import type { Hash, OperatorSettings } from './settings.ts';

export const nowMs = Date.UTC(2026, 10, 21, 12, 0, 0);
const created = '2026-11-21T11:00:00Z';
const podCreated = '2026-11-21T11:59:50Z';
const namespace = 'auction';

/** Different texts, different digests: enough for tests, and no `node:` in a pure room. */
export const exampleHash: Hash = (text) => {
  let sum = 7;
  for (const char of text) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 2 ** 32;
  return sum.toString(16).padStart(10, '0');
};

export const settings: OperatorSettings = {
  images: {
    invoker: 'headrace/invoker:0.1.0',
    scout: 'headrace/scout:0.1.0',
    hostNode26: 'headrace/host-node26:0.1.0',
  },
  imagePullPolicy: 'IfNotPresent',
  resources: {
    invoker: { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '320Mi' } },
    scout: { requests: { cpu: '20m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    function: { requests: { cpu: '25m', memory: '48Mi' }, limits: { memory: '256Mi' } },
  },
};

const meta = (name: string, uid: string) => ({
  namespace,
  name,
  uid,
  resourceVersion: '1',
  generation: 1,
  creationTimestamp: created,
});

export const condition = (type: string, status: Condition['status'], reason: string): Condition => ({
  type,
  status,
  reason,
  message: reason,
  lastTransitionTime: created,
});

/** The defaults of the definition. */
export const behavior: EventFunction['spec']['scaling']['behavior'] = {
  scaleUp: { stabilizationWindowSeconds: 0, selectPolicy: 'Max' },
  scaleDown: { stabilizationWindowSeconds: 10, selectPolicy: 'Max' },
};

export function exampleFunction(
  spec: Partial<EventFunctionSpec> = {},
  status: EventFunction['status'] = {},
): EventFunction {
  return {
    apiVersion: 'headrace.dev/v1alpha1',
    kind: 'EventFunction',
    metadata: meta('place-bid', 'uid-function'),
    spec: {
      runtime: 'node26',
      code: { inline: 'export default () => {};' },
      handler: 'default',
      signature: 'Auto',
      concurrency: 1,
      timeout: '30s',
      scaling: { minReplicas: 0, maxReplicas: 10, behavior },
      ...spec,
    },
    status,
  };
}

/** A function that is an image of the user's own. */
export function exampleContainer(spec: Partial<EventFunctionSpec> = {}): EventFunction {
  const { code: _, ...rest } = exampleFunction().spec;
  return { ...exampleFunction(), spec: { ...rest, runtime: 'container', image: 'shop/enrich:1', ...spec } };
}

export const readyFunction = exampleFunction({}, { conditions: [condition('Ready', 'True', 'Available')] });

export const bindingSpec: StreamBindingSpec = {
  functionRef: { name: 'place-bid' },
  kafka: { bootstrapServers: ['kafka:9092'] },
  source: { topic: 'auction.place-bid', initialOffset: 'Earliest', onOffsetOutOfRange: 'Stop', format: 'Auto' },
  ordering: 'Partition',
  batch: { maxRecords: 100, maxBytes: '1Mi', maxWait: '0s' },
  flow: { maxBufferedBytes: '64Mi', maxResponseBytes: '6Mi', drainTimeout: '20s' },
  delivery: { retry: { maxAttempts: 10, initialBackoff: '300ms', maxBackoff: '1m', maxAge: '6h' } },
  scaling: { target: { lag: 1000 }, minInvokers: 0, maxInvokers: 4, idleTimeout: '60s' },
  suspend: false,
};

export function exampleBinding(
  spec: Partial<StreamBindingSpec> = {},
  status: StreamBinding['status'] = {},
  metadata: Partial<StreamBinding['metadata']> = {},
): StreamBinding {
  return {
    apiVersion: 'headrace.dev/v1alpha1',
    kind: 'StreamBinding',
    metadata: { ...meta('place-bid', 'uid-binding'), ...metadata },
    spec: { ...bindingSpec, ...spec },
    status,
  };
}

export function pod(
  name: string,
  over: Pod['status'] = {},
  metadata: Partial<Pod['metadata']> = {},
  volume?: string,
): Pod {
  const volumes = volume === undefined ? [] : [{ name: 'mounted', configMap: { name: volume } }];
  return {
    metadata: { ...meta(name, `uid-${name}`), creationTimestamp: podCreated, ...metadata },
    spec: { volumes },
    status: { phase: 'Running', ...over },
  };
}

export const readyPod = (name: string): Pod => pod(name, { conditions: [{ type: 'Ready', status: 'True' }] });

export const waitingPod = (name: string, reason: string): Pod =>
  pod(name, { containerStatuses: [{ name: 'c', state: { waiting: { reason, message: `${reason} of ${name}` } } }] });

export const configMap = (name: string, data: Readonly<Record<string, string>> = {}) => ({
  metadata: meta(name, `uid-${name}`),
  data,
});

export function deployment(replicas: number, revision: string, updated = replicas): Deployment {
  return {
    metadata: meta('place-bid-function', 'uid-deployment'),
    spec: { replicas, template: { metadata: { annotations: { [codeHashAnnotation]: revision } } } },
    status: { observedGeneration: 1, replicas, updatedReplicas: updated },
  };
}

export function statefulSet(replicas: number, contractHash = 'old', status: StatefulSet['status'] = {}): StatefulSet {
  return {
    metadata: meta('place-bid-invoker', 'uid-sts'),
    spec: {
      replicas,
      template: {
        metadata: { annotations: { [contractHashAnnotation]: contractHash } },
        spec: { volumes: [{ name: 'contract', configMap: { name: `place-bid-contract-${contractHash}` } }] },
      },
    },
    status: {
      observedGeneration: 1,
      replicas,
      updatedReplicas: replicas,
      currentRevision: 'a',
      updateRevision: 'a',
      ...status,
    },
  };
}

export const sampled = (
  lags: readonly number[],
  over: { positioned?: boolean; topicId?: string; atMs?: number } = {},
): BindingSample => ({
  uid: 'uid-binding',
  atMs: over.atMs ?? nowMs,
  outcome: {
    kind: 'sampled',
    topicId: over.topicId ?? 'topic-1',
    positioned: over.positioned ?? true,
    delayMs: null,
    partitions: lags.map((lag, partition) => ({ partition, logStart: 0, logEnd: lag, committed: 0, lag })),
  },
});

export const failedSample = (reason: SampleFailure): BindingSample => ({
  uid: 'uid-binding',
  atMs: nowMs,
  outcome: { kind: 'failed', reason, message: `${reason} as the scout says it` },
});

export function reportOf(
  ordinal: number,
  over: Partial<InvokerReport> = {},
  podUid?: string,
): [number, InvokerReportSeen] {
  const report: InvokerReport = {
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
    ...over,
  };
  return [ordinal, { podUid: podUid ?? `uid-place-bid-invoker-${ordinal}`, atMs: nowMs, report }];
}

export const functionObserved = (over: Partial<FunctionObserved> = {}): FunctionObserved => ({
  nowMs,
  function: exampleFunction(),
  deployment: undefined,
  pods: [],
  codeConfigMaps: [],
  tokenKeys: '{"keys":[]}',
  sourceConfigMap: undefined,
  bindings: [],
  desired: undefined,
  ...over,
});

/** Everything fit, nothing running yet. */
export const bindingObserved = (over: Partial<BindingObserved> = {}): BindingObserved => ({
  nowMs,
  binding: exampleBinding(),
  function: readyFunction,
  statefulSet: undefined,
  pods: [],
  reports: new Map(),
  sample: sampled([0, 0, 0, 0]),
  contractConfigMaps: [],
  placement: undefined,
  neighbours: [],
  desired: undefined,
  ...over,
});
