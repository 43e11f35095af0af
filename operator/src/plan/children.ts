/** What all children have in common: labels, selectors and the owner that takes them with it. */
import type { OwnerReference } from '#api/kubernetes.ts';
import { apiVersion, type Component, labels, managedByValue } from '#api/names.ts';
import type { EventFunction, StreamBinding } from '#api/types.gen.ts';
import type { ObjectToApply } from './plan.ts';

type Owner = EventFunction | StreamBinding;

const componentOf: Readonly<Record<Owner['kind'], Component>> = { EventFunction: 'function', StreamBinding: 'invoker' };
const ownLabel: Readonly<Record<Owner['kind'], string>> = {
  EventFunction: labels.function,
  StreamBinding: labels.binding,
};

export type Labels = Readonly<Record<string, string>>;

/** Selectors cannot be changed later, so they hold nothing but our own labels. */
export const selectorOf = ({ kind, metadata }: Owner): Labels => ({
  [labels.component]: componentOf[kind],
  [ownLabel[kind]]: metadata.name,
});

export const labelsOf = (owner: Owner): Labels => ({
  [labels.managedBy]: managedByValue,
  [labels.partOf]: 'headrace',
  ...selectorOf(owner),
});

/** Metadata of a child that goes when its owner goes. */
export function childOf(owner: Owner, name: string): ObjectToApply['metadata'] {
  const { namespace, uid } = owner.metadata;
  const reference: OwnerReference = {
    apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  return { name, namespace, labels: labelsOf(owner), ownerReferences: [reference] };
}
