/** A function's code, in its image or as files in a ConfigMap: inline code gets one of ours, immutable and named after its digest. */
import type { ConfigMap } from '#api/kubernetes.ts';
import { codeHashAnnotation, functionCode } from '#api/names.ts';
import type { EventFunction } from '#api/types.gen.ts';
import { childOf } from './children.ts';
import type { FunctionObserved } from './observed.ts';
import type { ObjectToApply } from './plan.ts';
import type { Hash } from './settings.ts';

/** Inline code is an ES module whatever the nearest package.json would say. */
export const inlineFile = 'index.mjs';

export interface Code {
  /** The ConfigMap to mount; undefined: the image has the code in it. */
  readonly configMap: string | undefined;
  /** A change of it rolls the pods. */
  readonly revision: string;
  /** To be applied first, for inline code. */
  readonly own?: ObjectToApply;
}

/** undefined: there is no code to run and none ran before. */
export function codeOf({ function: fn, sourceConfigMap, deployment }: FunctionObserved, hash: Hash): Code | undefined {
  const { runtime, image = '', code: { inline, configMapRef } = {} } = fn.spec;
  if (runtime === 'container') return { configMap: undefined, revision: hash(image) };
  if (inline !== undefined) return inlineCode(fn, inline, hash);
  const configMap = configMapRef?.name ?? '';
  // With the ConfigMap gone, what runs goes on: the pods have their copy, and the digest is the one they were made with.
  const revision = sourceConfigMap
    ? hash(contentOf(sourceConfigMap))
    : deployment?.spec?.template?.metadata?.annotations?.[codeHashAnnotation];
  return revision === undefined ? undefined : { configMap, revision };
}

function inlineCode(fn: EventFunction, inline: string, hash: Hash): Code {
  const revision = hash(inline);
  const configMap = functionCode(fn.metadata.name, revision);
  const own: ObjectToApply = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: childOf(fn, configMap),
    immutable: true,
    data: { [inlineFile]: inline },
  };
  return { configMap, revision, own };
}

/** Independent of the order in which the API server hands keys out. */
function contentOf({ data = {}, binaryData = {} }: ConfigMap): string {
  return JSON.stringify([Object.entries(data).sort(byName), Object.entries(binaryData).sort(byName)]);
}

const byName = ([a]: readonly [string, string], [b]: readonly [string, string]): number => (a < b ? -1 : 1);
