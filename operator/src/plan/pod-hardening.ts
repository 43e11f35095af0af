/** What every pod of ours has: restricted pod security, no more token than it needs, no variables of other services. */
import type { Labels } from './children.ts';

const user = 65532;

export interface Hardening {
  /** Only who talks to the Kubernetes API gets a token. */
  readonly hasToken: boolean;
}

/** Pod level; passes the `restricted` profile of pod security admission. */
export const hardenedPod = ({ hasToken }: Hardening): Readonly<Record<string, unknown>> => ({
  automountServiceAccountToken: hasToken,
  // A variable for each Service of the namespace is noise, and slows the start in large namespaces.
  enableServiceLinks: false,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    fsGroup: user,
    seccompProfile: { type: 'RuntimeDefault' },
  },
});

/** Container level. */
export const hardenedContainer = {
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    capabilities: { drop: ['ALL'] },
  },
} as const;

/** One node's end shall not take all pods; where there is one node it must not hold them back. */
export const spread = (selector: Labels): readonly Readonly<Record<string, unknown>>[] => [
  {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: selector },
  },
];
