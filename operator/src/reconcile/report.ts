/** Writes status when it says something new, and knows what was written last while the caches are still behind. */
import type { KubeWriter } from '../clients/kube.ts';
import type { KubeFailure } from '../clients/kube-failure.ts';
import { isOlder } from './apply-decision.ts';
import { canonical } from './canonical.ts';

interface Reportable {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion?: string;
  };
  readonly status?: object;
}

export type ReportOutcome = { readonly kind: 'unchanged' | 'written' | 'gone' } | KubeFailure;

export interface Reporter {
  /** The object with the status that we wrote last, where the cache does not show it yet. */
  latest<T extends Reportable>(object: T): T;
  report(object: Reportable, status: object): Promise<ReportOutcome>;
  forget(uid: string): void;
}

export function createReporter(
  writer: Pick<KubeWriter, 'applyStatus'>,
  onWrite: (object: Reportable, outcome: string) => void,
): Reporter {
  const written = new Map<string, { readonly resourceVersion: string; readonly status: object }>();
  const latest = <T extends Reportable>(object: T): T => {
    const own = written.get(object.metadata.uid);
    if (own === undefined || !isOlder(object.metadata.resourceVersion, own.resourceVersion)) return object;
    return { ...object, status: own.status };
  };
  return {
    latest,
    async report(object, status) {
      if (canonical(latest(object).status ?? {}) === canonical(status)) return { kind: 'unchanged' };
      const { apiVersion, kind, metadata } = object;
      const { name, namespace, uid } = metadata;
      const result = await writer.applyStatus({ apiVersion, kind, metadata: { name, namespace, uid }, status });
      onWrite(object, result.kind === 'ok' ? 'ok' : result.code);
      if (result.kind === 'ok') {
        written.set(uid, { resourceVersion: result.value.metadata.resourceVersion, status });
        return { kind: 'written' };
      }
      // Deleted meanwhile: nobody is left to report to. Made again under the same name (a conflict): the next look finds the new one.
      return result.status === 404 ? { kind: 'gone' } : result;
    },
    forget: (uid) => void written.delete(uid),
  };
}
