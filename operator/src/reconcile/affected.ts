/** Which keys a change concerns: the owner of a child, and across between functions, bindings and their neighbours. Pure. */
import { type Component, defaultConsumerGroup, labels } from '#api/names.ts';
import type { EventFunction, StreamBinding } from '#api/types.gen.ts';
import type { Change, Child } from './cluster.ts';
import { bindingKey, functionKey, type Key, scoutKey } from './keys.ts';
import type { ReadCache } from './object-cache.ts';

export interface Known {
  readonly functions: ReadCache<EventFunction>;
  readonly bindings: ReadCache<StreamBinding>;
}

export function affectedBy(change: Change, known: Known): readonly Key[] {
  switch (change.kind) {
    case 'EventFunction':
      return ofFunction(change.object, known);
    case 'StreamBinding':
      return ofBinding(change, known);
    default:
      return [
        ...ofChild(change.object),
        ...(change.before === undefined ? [] : ofChild(change.before)),
        ...readers(change, known),
      ];
  }
}

function ofFunction({ metadata: { namespace, name } }: Child, known: Known): readonly Key[] {
  const callers = known.bindings.in(namespace).filter((binding) => binding.spec.functionRef.name === name);
  return [functionKey(namespace, name), ...callers.map((binding) => bindingKey(namespace, binding.metadata.name))];
}

function ofBinding(change: Change, known: Known): readonly Key[] {
  const { namespace, name } = change.object.metadata;
  const versions = [change.object, change.before].filter(
    (binding) => binding !== undefined,
  ) as unknown as readonly StreamBinding[];
  const keys = [
    bindingKey(namespace, name),
    ...versions.map(({ spec }) => functionKey(namespace, spec.functionRef.name)),
  ];
  // What others may see of it does not change with its status.
  if (change.what === 'changed' && sameGeneration(change)) return keys;
  const groups = new Set(versions.map(consumerGroupOf));
  const rivals = known.bindings
    .in(namespace)
    .filter((other) => other.metadata.name !== name && groups.has(consumerGroupOf(other)));
  return [...keys, ...rivals.map(({ metadata }) => bindingKey(namespace, metadata.name)), scoutKey(namespace)];
}

const sameGeneration = ({ object, before }: Change): boolean =>
  before !== undefined &&
  before.metadata.uid === object.metadata.uid &&
  before.metadata.generation === object.metadata.generation &&
  before.metadata.deletionTimestamp === object.metadata.deletionTimestamp;

function consumerGroupOf({ metadata, spec }: StreamBinding): string {
  return spec.source.consumerGroup ?? defaultConsumerGroup(metadata.namespace, metadata.name);
}

function ofChild({ metadata }: Child): readonly Key[] {
  const component = metadata.labels?.[labels.component] as Component | undefined;
  const functionName = metadata.labels?.[labels.function];
  const bindingName = metadata.labels?.[labels.binding];
  switch (component) {
    case 'function':
      return functionName === undefined ? [] : [functionKey(metadata.namespace, functionName)];
    case 'invoker':
      return bindingName === undefined ? [] : [bindingKey(metadata.namespace, bindingName)];
    case 'scout':
      return [scoutKey(metadata.namespace)];
    case 'operator':
    case undefined:
      return [];
  }
}

/** Functions whose code lies in this ConfigMap. */
function readers({ kind, object: { metadata } }: Change, known: Known): readonly Key[] {
  if (kind !== 'ConfigMap') return [];
  return known.functions
    .in(metadata.namespace)
    .filter(({ spec }) => spec.code?.configMapRef?.name === metadata.name)
    .map((fn) => functionKey(metadata.namespace, fn.metadata.name));
}
