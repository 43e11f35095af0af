/** Whether a planned object has to be applied (again): never in a hot loop, always when somebody changed or deleted it. Pure. */
import type { ObjectMeta } from '#api/kubernetes.ts';
import type { ObjectToApply } from '../plan/plan.ts';

/** What is remembered of the last time that an object was applied. */
export interface Applied {
  /** `canonical` of the whole object, or a hash of it. */
  readonly hash: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number | undefined;
  /** ms on the operator's own clock. */
  readonly atMs: number;
  /** How many times in a row the very same object had to be applied again because somebody else had changed it. */
  readonly repairs: number;
}

export type ApplyDecision =
  | { readonly kind: 'apply'; readonly why: 'first' | 'planned-anew' | 'missing' | 'changed-by-others' }
  | { readonly kind: 'keep' }
  /** The caches are behind, or somebody changes it all the time: look again then. */
  | { readonly kind: 'wait'; readonly ms: number };

/** How long a cache may need to show an object that we just made. */
export const cacheLagMs = 2_000;
const repairInitialMs = 500;
const repairMaxMs = 5 * 60_000;
/** Nobody touched it for so long: the next repair is a first one again. */
export const repairForgetMs = 10 * 60_000;

export interface ApplyInput {
  readonly planned: ObjectToApply;
  readonly plannedHash: string;
  readonly observed: { readonly metadata: ObjectMeta } | undefined;
  /** Undefined after a restart of the operator: then everything is applied once, which changes nothing where all is well. */
  readonly applied: Applied | undefined;
  readonly nowMs: number;
}

export function decideApply(input: ApplyInput): ApplyDecision {
  const { applied, observed, nowMs } = input;
  if (applied === undefined) return { kind: 'apply', why: 'first' };
  if (applied.hash !== input.plannedHash) return { kind: 'apply', why: 'planned-anew' };
  const sinceMs = nowMs - applied.atMs;
  if (observed === undefined || observed.metadata.deletionTimestamp !== undefined) {
    return sinceMs < cacheLagMs ? { kind: 'wait', ms: cacheLagMs - sinceMs } : { kind: 'apply', why: 'missing' };
  }
  if (!isChanged(input.planned, observed.metadata, applied)) return { kind: 'keep' };
  const waitMs = repairWaitMs(applied.repairs) - sinceMs;
  return waitMs > 0 ? { kind: 'wait', ms: waitMs } : { kind: 'apply', why: 'changed-by-others' };
}

/** Others that put a field back as often as we do (another controller) must not make a busy loop of both. */
export function repairWaitMs(repairs: number): number {
  return repairs === 0 ? 0 : Math.min(repairMaxMs, repairInitialMs * 2 ** Math.min(20, repairs - 1));
}

function isChanged(planned: ObjectToApply, metadata: ObjectMeta, applied: Applied): boolean {
  if (metadata.uid !== applied.uid) return !isOlder(metadata.resourceVersion, applied.resourceVersion);
  if (isOlder(metadata.resourceVersion, applied.resourceVersion)) return false;
  if (!isWithin(planned.metadata.labels, metadata.labels)) return true;
  if (!isWithin(planned.metadata.annotations, metadata.annotations)) return true;
  // Workloads count changes of their spec apart from those of their status; the other kinds have no status that moves.
  if (applied.generation !== undefined && metadata.generation !== undefined) {
    return metadata.generation !== applied.generation;
  }
  return metadata.resourceVersion !== applied.resourceVersion;
}

/** Whether the caches show the object as it was before it was last applied. Told of workloads only: they count the changes of their spec. */
export function isAhead(applied: Applied | undefined, observed: ObjectMeta | undefined): boolean {
  if (applied?.generation === undefined || observed === undefined || observed.uid !== applied.uid) return false;
  return (observed.generation ?? 0) < applied.generation;
}

function isWithin(part: Readonly<Record<string, string>> = {}, whole: Readonly<Record<string, string>> = {}): boolean {
  return Object.entries(part).every(([name, value]) => whole[name] === value);
}

/** Resource versions are numbers that grow (Kubernetes says so since 1.35, and every etcd-backed server has always done so). */
export function isOlder(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined || !/^\d+$/.test(a) || !/^\d+$/.test(b)) return false;
  return BigInt(a) < BigInt(b);
}
