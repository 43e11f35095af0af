/** The kinds that the operator reads and writes, and their paths at the API server. */
import { apiVersion as ownApiVersion } from '#api/names.ts';

export type ResourceKind =
  | 'EventFunction'
  | 'StreamBinding'
  | 'Deployment'
  | 'StatefulSet'
  | 'ConfigMap'
  | 'Service'
  | 'ServiceAccount'
  | 'Role'
  | 'RoleBinding'
  | 'Pod'
  | 'Event';

export interface Resource {
  readonly apiVersion: string;
  readonly plural: string;
}

export const resources: Readonly<Record<ResourceKind, Resource>> = {
  EventFunction: { apiVersion: ownApiVersion, plural: 'eventfunctions' },
  StreamBinding: { apiVersion: ownApiVersion, plural: 'streambindings' },
  Deployment: { apiVersion: 'apps/v1', plural: 'deployments' },
  StatefulSet: { apiVersion: 'apps/v1', plural: 'statefulsets' },
  ConfigMap: { apiVersion: 'v1', plural: 'configmaps' },
  Service: { apiVersion: 'v1', plural: 'services' },
  ServiceAccount: { apiVersion: 'v1', plural: 'serviceaccounts' },
  Role: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'roles' },
  RoleBinding: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'rolebindings' },
  Pod: { apiVersion: 'v1', plural: 'pods' },
  Event: { apiVersion: 'events.k8s.io/v1', plural: 'events' },
};

/** A collection of one namespace, or of all. */
export function collectionPath(kind: ResourceKind, namespace?: string): string {
  const { apiVersion, plural } = resources[kind];
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${namespace}/${plural}`;
}

/** Throws for a kind that is not in the table: a plan that names one is a bug. */
export function objectPath(of: { readonly kind: string; readonly namespace: string; readonly name: string }): string {
  if (!Object.hasOwn(resources, of.kind)) throw new Error(`no resource path is known for kind ${of.kind}`);
  return `${collectionPath(of.kind as ResourceKind, of.namespace)}/${encodeURIComponent(of.name)}`;
}
