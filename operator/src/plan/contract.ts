/** The contract of a binding: its spec and its function's, resolved into the one document that an invoker reads. */

import { recordsMaxOf } from '#api/batch-size.ts';
import type { ConfigMap } from '#api/kubernetes.ts';
import { contractConfigMap, contractHashAnnotation, defaultConsumerGroup, functionService } from '#api/names.ts';
import { byteCount, durationMs } from '#api/quantities.ts';
import type { EventFunction, StreamBinding } from '#api/types.gen.ts';
import { contractFile, contractVersion, type InvokerContract, type OnExhausted } from '#contract/invoker-contract.ts';
import { childOf } from './children.ts';
import type { BindingObserved } from './observed.ts';
import type { ObjectToApply } from './plan.ts';
import type { Hash } from './settings.ts';

export const consumerGroupOf = ({ metadata, spec }: StreamBinding): string =>
  spec.source.consumerGroup ?? defaultConsumerGroup(metadata.namespace, metadata.name);

/** Who names a topic wants it used; who names none must not lose the record. */
export const onExhaustedOf = ({ onExhausted, deadLetter }: StreamBinding['spec']['delivery']): OnExhausted =>
  onExhausted ?? (deadLetter ? 'DeadLetter' : 'Block');

export function contractOf(binding: StreamBinding, fn: EventFunction): InvokerContract {
  const { metadata, spec } = binding;
  const { retry, deadLetter } = spec.delivery;
  const onExhausted = onExhaustedOf(spec.delivery);
  return {
    version: contractVersion,
    binding: { namespace: metadata.namespace, name: metadata.name, uid: metadata.uid },
    function: {
      name: fn.metadata.name,
      serviceName: functionService(fn.metadata.name),
      kind: fn.spec.runtime === 'container' ? 'Container' : 'Host',
      timeoutMs: durationMs(fn.spec.timeout),
      concurrency: fn.spec.concurrency,
    },
    kafka: { bootstrapServers: spec.kafka.bootstrapServers },
    source: {
      topic: spec.source.topic,
      consumerGroup: consumerGroupOf(binding),
      format: spec.source.format,
      onOffsetOutOfRange: spec.source.onOffsetOutOfRange,
    },
    ordering: spec.ordering,
    batch: {
      maxRecords: recordsMaxOf(binding, fn),
      maxBytes: byteCount(spec.batch.maxBytes),
      maxWaitMs: durationMs(spec.batch.maxWait),
    },
    flow: {
      maxBufferedBytes: byteCount(spec.flow.maxBufferedBytes),
      maxResponseBytes: byteCount(spec.flow.maxResponseBytes),
      drainTimeoutMs: durationMs(spec.flow.drainTimeout),
    },
    delivery: {
      retry: {
        maxAttempts: retry.maxAttempts,
        initialBackoffMs: durationMs(retry.initialBackoff),
        maxBackoffMs: durationMs(retry.maxBackoff),
        maxAgeMs: durationMs(retry.maxAge),
      },
      onExhausted,
      ...(onExhausted === 'DeadLetter' && deadLetter ? { deadLetterTopic: deadLetter.topic } : {}),
    },
    ...(spec.output ? { output: { ...spec.output, routes: spec.output.routes ?? [] } } : {}),
  };
}

export interface ContractToMount {
  readonly configMap: string;
  readonly hash: string;
  /** To be applied first; absent for one that stands there already. */
  readonly own?: ObjectToApply;
}

/** The contract that invokers shall run; while the function is missing the one they run. undefined: there is none yet. */
export function contractToMount(observed: BindingObserved, hash: Hash): ContractToMount | undefined {
  const { binding, function: fn } = observed;
  if (fn) {
    const text = JSON.stringify(contractOf(binding, fn), null, 2);
    const digest = hash(text);
    const configMap = contractConfigMap(binding.metadata.name, digest);
    const metadata = childOf(binding, configMap);
    return {
      configMap,
      hash: digest,
      own: { apiVersion: 'v1', kind: 'ConfigMap', metadata, immutable: true, data: { [contractFile]: text } },
    };
  }
  const running = observed.statefulSet?.spec?.template?.metadata?.annotations?.[contractHashAnnotation];
  if (running === undefined) return undefined;
  const configMap = contractConfigMap(binding.metadata.name, running);
  return observed.contractConfigMaps.some((known) => known.metadata.name === configMap)
    ? { configMap, hash: running }
    : undefined;
}

/** Documents of `candidates` that neither the next pods, nor the present template, nor any pod mounts. */
export function unused(
  candidates: readonly ConfigMap[],
  next: string | undefined,
  mounting: readonly { readonly spec?: { readonly volumes?: readonly Mounting[] } }[],
): readonly ConfigMap[] {
  const used = new Set([next, ...mounting.flatMap(({ spec }) => (spec?.volumes ?? []).map((v) => v.configMap?.name))]);
  return candidates.filter(({ metadata }) => !used.has(metadata.name));
}

interface Mounting {
  readonly configMap?: { readonly name?: string };
}
