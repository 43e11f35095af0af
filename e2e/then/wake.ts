// A wake from zero in its parts: from the broker's append over the scale requests and ready pods to the function's first call and the output.
import type { Pod } from '#api/kubernetes.ts';
import { functionDeployment, invokerStatefulSet, labels } from '#api/names.ts';
import { figure, median, percentile, table } from '../bench/numbers.ts';
import type { Moments } from './moments.ts';

/** Unix ms; undefined: it was not seen. */
export interface Wake {
  readonly appended: number;
  readonly functionScaled: number | undefined;
  readonly invokerScaled: number | undefined;
  /** Its pod has an address. */
  readonly functionAddressed: number | undefined;
  readonly functionReady: number | undefined;
  readonly invokerReady: number | undefined;
  /** The process of the function's host began. */
  readonly hostBegan: number;
  readonly called: number;
  readonly written: number;
}

/** What a wake looked like to Kubernetes. */
export function seenOf(
  moments: Moments,
  name: string,
  sinceMs: number,
): Omit<Wake, 'appended' | 'hostBegan' | 'called' | 'written'> {
  const podOf = (component: string, isSo: (pod: Pod) => boolean) => (pod: Pod) =>
    pod.metadata.labels?.[labels.component] === component && pod.metadata.deletionTimestamp === undefined && isSo(pod);
  const isReady = ({ status }: Pod): boolean =>
    (status?.conditions ?? []).some((c) => c.type === 'Ready' && c.status === 'True');
  const hasAddress = ({ status }: Pod): boolean => status?.podIP !== undefined;
  return {
    functionScaled: moments.firstOf(
      sinceMs,
      'deployments',
      ({ metadata, spec }) => metadata.name === functionDeployment(name) && (spec?.replicas ?? 0) > 0,
    ),
    invokerScaled: moments.firstOf(
      sinceMs,
      'statefulsets',
      ({ metadata, spec }) => metadata.name === invokerStatefulSet(name) && (spec?.replicas ?? 0) > 0,
    ),
    functionAddressed: moments.firstOf(sinceMs, 'pods', podOf('function', hasAddress)),
    functionReady: moments.firstOf(sinceMs, 'pods', podOf('function', isReady)),
    invokerReady: moments.firstOf(sinceMs, 'pods', podOf('invoker', isReady)),
  };
}

type Part = readonly [text: string, from: keyof Wake, to: keyof Wake];

const parts: readonly Part[] = [
  ['broker appended → function scaled', 'appended', 'functionScaled'],
  ['broker appended → invoker scaled', 'appended', 'invokerScaled'],
  ['function scaled → its host process begins', 'functionScaled', 'hostBegan'],
  ['host process begins → its pod has an address', 'hostBegan', 'functionAddressed'],
  ['host process begins → pod ready', 'hostBegan', 'functionReady'],
  ['invoker scaled → pod ready', 'invokerScaled', 'invokerReady'],
  ['function pod ready → first call', 'functionReady', 'called'],
  ['first call → output appended', 'called', 'written'],
  ['**broker appended → first call**', 'appended', 'called'],
  ['**broker appended → output appended**', 'appended', 'written'],
];

/** Fastest, median and worst of each part, ms. A part is negative where its end came before its beginning. */
export function wakeTable(wakes: readonly Wake[]): string {
  const rows = parts.map(([text, from, to]) => {
    const times = wakes.flatMap((wake) => {
      const [begin, end] = [wake[from], wake[to]];
      return begin === undefined || end === undefined ? [] : [end - begin];
    });
    return [text, ...[Math.min(...times), median(times), percentile(times, 100)].map(figure), String(times.length)];
  });
  return table(['part', 'fastest ms', 'median ms', 'worst ms', 'wakes'], rows);
}
