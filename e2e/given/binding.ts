// StreamBindings as scenarios write them: a topic, a function of the same name unless told otherwise, the rest by default.
import { apiVersion } from '#api/names.ts';
import type { StreamBindingSpec } from '#api/types.gen.ts';
import type { Written } from './function.ts';

type Choice = Pick<StreamBindingSpec, 'batch' | 'delivery' | 'flow' | 'output' | 'scaling'>;

export interface BindingChoice extends Written<Choice> {
  readonly topic: string;
  readonly bootstrapServer: string;
  /** Default: the binding's own name. */
  readonly functionName?: string;
}

export function streamBinding(name: string, choice: BindingChoice): object {
  const { topic, bootstrapServer, functionName = name, ...rest } = choice;
  return {
    apiVersion,
    kind: 'StreamBinding',
    metadata: { name },
    spec: {
      functionRef: { name: functionName },
      kafka: { bootstrapServers: [bootstrapServer] },
      source: { topic },
      ...rest,
    },
  };
}
