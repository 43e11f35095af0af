/** The Service of a function: its EndpointSlices tell invokers which pods are ready; people call it over plain HTTP. */
import { functionService } from '#api/names.ts';
import type { EventFunction } from '#api/types.gen.ts';
import { childOf, selectorOf } from './children.ts';
import type { ObjectToApply } from './plan.ts';

export const functionServiceOf = (fn: EventFunction): ObjectToApply => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: childOf(fn, functionService(fn.metadata.name)),
  spec: {
    type: 'ClusterIP',
    selector: selectorOf(fn),
    ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP', appProtocol: 'http' }],
  },
});

export const functionUrl = ({ metadata }: EventFunction): string =>
  `http://${functionService(metadata.name)}.${metadata.namespace}.svc`;
