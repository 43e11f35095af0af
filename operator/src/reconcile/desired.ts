/** How many replicas the scale room wants, in memory; a change of a number enqueues its owner. The operator alone writes replicas. */
import type { EventFunction, StreamBinding } from '#api/types.gen.ts';
import type { ReplicaDecision } from '../plan/observed.ts';
import { bindingKey, functionKey, type Key } from './keys.ts';

export interface DesiredOptions {
  readonly enqueue: (key: Key) => void;
  /** What runs now; undefined: nothing of it exists yet. After a restart this is where decisions go on from. */
  readonly running: (object: EventFunction | StreamBinding) => number | undefined;
  readonly onChange: (object: EventFunction | StreamBinding, from: number, decision: ReplicaDecision) => void;
}

export interface Desired {
  /** The newest decision; undefined until there is one: what runs is then left as it is. */
  decision(object: EventFunction | StreamBinding): ReplicaDecision | undefined;
  /** What counts now: the decision, else what runs, else the minimum of the spec. */
  replicas(object: EventFunction | StreamBinding): number;
  /** Pods of the function, or invokers of the binding. */
  wish(object: EventFunction | StreamBinding, decision: ReplicaDecision): void;
  forget(uid: string): void;
}

export function createDesired(options: DesiredOptions): Desired {
  const decisions = new Map<string, ReplicaDecision>();
  const replicas = (object: EventFunction | StreamBinding): number =>
    decisions.get(object.metadata.uid)?.replicas ?? options.running(object) ?? minimumOf(object);
  return {
    decision: (object) => decisions.get(object.metadata.uid),
    replicas,
    wish(object, decision) {
      const from = replicas(object);
      const isFirst = !decisions.has(object.metadata.uid);
      const told = decisions.get(object.metadata.uid)?.lagNotFalling;
      decisions.set(object.metadata.uid, decision);
      if (from !== decision.replicas) options.onChange(object, from, decision);
      if (isFirst || from !== decision.replicas || told !== decision.lagNotFalling) options.enqueue(keyOf(object));
    },
    forget: (uid) => void decisions.delete(uid),
  };
}

function keyOf({ kind, metadata: { namespace, name } }: EventFunction | StreamBinding): Key {
  return kind === 'EventFunction' ? functionKey(namespace, name) : bindingKey(namespace, name);
}

function minimumOf(object: EventFunction | StreamBinding): number {
  return object.kind === 'EventFunction' ? object.spec.scaling.minReplicas : object.spec.scaling.minInvokers;
}
