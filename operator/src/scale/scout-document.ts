// What the scout of a namespace is told to watch, made from its bindings. Pure.
import { defaultConsumerGroup } from '#api/names.ts';
import type { StreamBinding } from '#api/types.gen.ts';
import type { ScoutBinding, ScoutDocument } from '#contract/scout.ts';

export function scoutDocument(bindings: readonly StreamBinding[], hash: (text: string) => string): ScoutDocument {
  const watched = bindings
    .filter((b) => b.metadata.deletionTimestamp === undefined)
    .map(scoutBinding)
    .sort((a, b) => (a.uid < b.uid ? -1 : 1));
  return { version: 1, hash: hash(JSON.stringify(watched)), bindings: watched };
}

function scoutBinding({ metadata, spec, status }: StreamBinding): ScoutBinding {
  const outputs =
    spec.output === undefined ? [] : [spec.output.topic, ...(spec.output.routes ?? []).map((r) => r.topic)];
  const deadLetter = spec.delivery.deadLetter?.topic;
  return {
    uid: metadata.uid ?? '',
    name: metadata.name ?? '',
    bootstrapServers: spec.kafka.bootstrapServers,
    topic: spec.source.topic,
    consumerGroup: spec.source.consumerGroup ?? defaultConsumerGroup(metadata.namespace ?? '', metadata.name ?? ''),
    initialOffset: initialOffset(spec.source),
    // The status remembers that positions were committed once: from then on a missing one is an error to report.
    mayPosition: status?.topicId === undefined,
    requiredTopics: [
      ...[...new Set(outputs)].map((topic) => ({ role: 'output' as const, topic })),
      ...(deadLetter === undefined ? [] : [{ role: 'deadLetter' as const, topic: deadLetter }]),
    ],
  };
}

function initialOffset(source: StreamBinding['spec']['source']): ScoutBinding['initialOffset'] {
  switch (source.initialOffset) {
    case 'Earliest':
    case 'Latest':
      return { kind: source.initialOffset };
    case 'Timestamp':
      return { kind: 'Timestamp', timestampMs: Date.parse(source.initialTimestamp ?? '') };
  }
}
