/** Who an invoker is to Kubernetes, and the little it may see: endpoints of its namespace, and its own placement. */
import { invokerRole, invokerService, invokerServiceAccount } from '#api/names.ts';
import type { StreamBinding } from '#api/types.gen.ts';
import { placementConfigMap } from '#contract/invoker-contract.ts';
import { invokerPort } from '#contract/invoker-report.ts';
import { childOf, selectorOf } from './children.ts';
import type { ObjectToApply } from './plan.ts';

const rbac = 'rbac.authorization.k8s.io';

export function invokerIdentity(binding: StreamBinding): readonly ObjectToApply[] {
  const { name, namespace } = binding.metadata;
  const account = invokerServiceAccount(name);
  const role = invokerRole(name);
  return [
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: childOf(binding, account),
      automountServiceAccountToken: false,
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: childOf(binding, role),
      rules: [
        // A label chooses the slices of one Service; RBAC knows no labels.
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list', 'watch'] },
        {
          apiGroups: [''],
          resources: ['configmaps'],
          resourceNames: [placementConfigMap(name)],
          verbs: ['get', 'list', 'watch'],
        },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: childOf(binding, role),
      roleRef: { apiGroup: rbac, kind: 'Role', name: role },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
    },
  ];
}

/** Headless: gives each invoker its name in DNS. */
export const invokerServiceOf = (binding: StreamBinding): ObjectToApply => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: childOf(binding, invokerService(binding.metadata.name)),
  spec: {
    clusterIP: 'None',
    selector: selectorOf(binding),
    ports: [{ name: 'http', port: invokerPort, targetPort: 'http', protocol: 'TCP', appProtocol: 'http' }],
  },
});
