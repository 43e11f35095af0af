// A binding and a function at rest, for the tests of scaling: complete, and small to vary.
import { defaultBehavior } from './behavior.ts';
import type { BindingFacts, BindingPolicy, FunctionPolicy } from './decide.ts';

export const policy: BindingPolicy = {
  name: 'place-bid',
  suspended: false,
  target: { kind: 'Lag', records: 1000 },
  minInvokers: 0,
  maxInvokers: 4,
  idleTimeoutMs: 60_000,
};

export const facts: BindingFacts = {
  known: true,
  work: 0,
  loads: [],
  partitions: 8,
  arrival: 0,
  done: 0,
  idleMs: 0,
  cost: null,
  invokers: 1,
};

export const fn: FunctionPolicy = { minReplicas: 0, maxReplicas: 10, concurrency: 1, behavior: defaultBehavior };
