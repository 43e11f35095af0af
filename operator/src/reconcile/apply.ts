/** Applies the objects of a plan that need it, in order, and remembers what was applied. */
import { createHash } from 'node:crypto';
import type { KubeWriter, Written } from '../clients/kube.ts';
import type { KubeFailure } from '../clients/kube-failure.ts';
import type { ObjectToApply } from '../plan/plan.ts';
import { type Applied, decideApply, isAhead, repairForgetMs } from './apply-decision.ts';
import { canonical } from './canonical.ts';
import type { Child } from './cluster.ts';
import type { ReadCache } from './object-cache.ts';

export interface ApplierOptions {
  readonly writer: Pick<KubeWriter, 'apply'>;
  readonly children: ReadonlyMap<string, ReadCache<Child>>;
  readonly nowMs: () => number;
  readonly onWrite: (object: ObjectToApply, why: string, outcome: string) => void;
}

export interface ApplyFailure {
  readonly object: ObjectToApply;
  readonly failure: KubeFailure;
}

export type ApplyOutcome =
  | {
      readonly kind: 'applied';
      /** Look again then, as something could not be judged yet. */
      readonly waitMs: number | null;
      /** A workload that was changed, where the caches still show it as it was before. */
      readonly changing: ObjectToApply | undefined;
    }
  /** What comes later in the plan was not applied: it may need this one. */
  | { readonly kind: 'failed'; readonly at: ApplyFailure };

export interface Applier {
  applyAll(objects: readonly ObjectToApply[]): Promise<ApplyOutcome>;
  /** The object is gone for good. */
  forget(object: { readonly kind: string; readonly namespace: string; readonly name: string }): void;
}

const idOf = (kind: string, namespace: string, name: string): string => `${kind}/${namespace}/${name}`;

export function createApplier(options: ApplierOptions): Applier {
  const memory = new Map<string, Applied>();

  async function applyOne(planned: ObjectToApply): Promise<KubeFailure | OneApplied> {
    const { namespace, name } = planned.metadata;
    const id = idOf(planned.kind, namespace, name);
    const plannedHash = createHash('sha256').update(canonical(planned)).digest('base64url');
    const applied = memory.get(id);
    const observed = options.children.get(planned.kind)?.get(namespace, name);
    const decision = decideApply({ planned, plannedHash, observed, applied, nowMs: options.nowMs() });
    switch (decision.kind) {
      case 'keep':
        return { kind: 'ok', waitMs: null, isChanging: isAhead(applied, observed?.metadata) };
      case 'wait':
        return { kind: 'ok', waitMs: decision.ms, isChanging: isAhead(applied, observed?.metadata) };
      case 'apply': {
        const result = await options.writer.apply(planned);
        options.onWrite(planned, decision.why, result.kind === 'ok' ? 'ok' : result.code);
        if (result.kind === 'failed') return result;
        const repairs = decision.why === 'changed-by-others' ? repairsOf(applied, options.nowMs()) + 1 : 0;
        const now = remembered(plannedHash, result.value, options.nowMs(), repairs);
        memory.set(id, now);
        return { kind: 'ok', waitMs: null, isChanging: isAhead(now, observed?.metadata) };
      }
    }
  }

  return {
    async applyAll(objects) {
      let waitMs: number | null = null;
      let changing: ObjectToApply | undefined;
      for (const object of objects) {
        const result = await applyOne(object);
        if (result.kind === 'failed') return { kind: 'failed', at: { object, failure: result } };
        if (result.waitMs !== null) waitMs = Math.min(waitMs ?? result.waitMs, result.waitMs);
        if (result.isChanging) changing ??= object;
      }
      return { kind: 'applied', waitMs, changing };
    },
    forget: ({ kind, namespace, name }) => void memory.delete(idOf(kind, namespace, name)),
  };
}

interface OneApplied {
  readonly kind: 'ok';
  readonly waitMs: number | null;
  readonly isChanging: boolean;
}

function repairsOf(applied: Applied | undefined, nowMs: number): number {
  return applied === undefined || nowMs - applied.atMs > repairForgetMs ? 0 : applied.repairs;
}

function remembered(hash: string, { metadata }: Written, atMs: number, repairs: number): Applied {
  const { uid, resourceVersion, generation } = metadata;
  return { hash, uid, resourceVersion, generation, atMs, repairs };
}
