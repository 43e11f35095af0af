// What our two kinds say of themselves: a condition, with its reason and the next step.
import type { Condition } from '#api/kubernetes.ts';
import { conditionOf, type Kubernetes } from '../given/kubernetes.ts';
import { eventually } from './eventually.ts';

export type OurKind = 'eventfunctions' | 'streambindings';

interface Wanted {
  readonly status: Condition['status'];
  /** Not given: any. */
  readonly reason?: string;
  /** Not given: any. */
  readonly message?: RegExp;
}

/** Waits for the condition, spoken of the spec as it is now. */
export async function says(
  kubernetes: Kubernetes,
  kind: OurKind,
  name: string,
  type: string,
  { status, reason, message }: Wanted,
  { withinMs }: { readonly withinMs: number },
): Promise<Condition> {
  const because = `${reason === undefined ? '' : ` because of ${reason}`}${message === undefined ? '' : `: ${message}`}`;
  const what = `${kind}/${name} says ${type}=${status}${because}`;
  const look = async () => {
    const object = await kubernetes.get(kind, name);
    return { generation: object?.metadata.generation, condition: conditionOf(object, type) };
  };
  const seen = await eventually(
    what,
    { withinMs },
    look,
    ({ generation, condition }) =>
      condition?.status === status &&
      condition.observedGeneration === generation &&
      (reason === undefined || condition.reason === reason) &&
      (message === undefined || message.test(condition.message)),
  );
  return seen.condition!;
}
