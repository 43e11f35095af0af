/** What the person who installed the operator chose for its children: images, pull policy, default resources. */
import type { ResourceRequirements } from '#api/kubernetes.ts';

export interface OperatorSettings {
  readonly images: { readonly invoker: string; readonly scout: string; readonly hostNode26: string };
  readonly imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  readonly resources: {
    readonly invoker: ResourceRequirements;
    readonly scout: ResourceRequirements;
    /** Where an EventFunction names none of its own. */
    readonly function: ResourceRequirements;
  };
}

/** Short, stable, lowercase hexadecimal digest of a text (10 characters): the caller brings it, for instance a cut SHA-256. */
export type Hash = (text: string) => string;
