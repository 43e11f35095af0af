// An EventFunction whose image is the user's own: the Functions Framework for Node with a function that knows nothing of Headrace.
import { apiVersion } from '#api/names.ts';
import { frameworkImage } from '../cluster/images/framework.ts';
import { loadImage } from '../cluster/images.ts';
import { step } from '../cluster/progress.ts';
import type { FunctionChoice } from './function.ts';

const source = new URL('enrich.mjs', import.meta.url).pathname;

/** On the nodes when this resolves; gives its name with tag. Built when its content is new. */
export const enrichImage = (): Promise<string> =>
  step('an image of the user’s own', () => loadImage((base) => frameworkImage(source, 'enrich', base)));

export function containerFunction(name: string, image: string, choice: FunctionChoice = {}): object {
  return {
    apiVersion,
    kind: 'EventFunction',
    metadata: { name },
    spec: { runtime: 'container', image, scaling: { minReplicas: 0, maxReplicas: 2 }, ...choice },
  };
}
