/** Who may call a function: its hosts get the cluster's keys and what a token must say, its invokers a token that says it. */
import { functionCallers } from '#api/names.ts';
import type { EventFunction } from '#api/types.gen.ts';
import { callAudience, callersKeysFile, callTokenFile, callTokenSeconds } from '#contract/call.ts';
import { childOf } from './children.ts';
import type { ObjectToApply } from './plan.ts';

const dirOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Its content may change under running pods: the kubelet brings new keys, and hosts read them when they meet one. */
export const callersConfigMap = (fn: EventFunction, tokenKeys: string): ObjectToApply => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: childOf(fn, functionCallers(fn.metadata.name)),
  data: { [nameOf(callersKeysFile)]: tokenKeys },
});

export const callersVolume = ({ metadata }: EventFunction) => ({
  name: 'callers',
  configMap: { name: functionCallers(metadata.name) },
});
export const callersMount = { name: 'callers', mountPath: dirOf(callersKeysFile), readOnly: true } as const;

export const callersEnv = ({ metadata: { namespace, name } }: EventFunction): Readonly<Record<string, string>> => ({
  HEADRACE_CALLERS_KEYS: callersKeysFile,
  HEADRACE_CALLERS_AUDIENCE: callAudience(namespace, name),
  HEADRACE_CALLERS_NAMESPACE: namespace,
});

/** Projected by the kubelet, which writes it anew before it ends. */
export const callTokenVolume = (namespace: string, functionName: string) => ({
  name: 'call-token',
  projected: {
    sources: [
      {
        serviceAccountToken: {
          audience: callAudience(namespace, functionName),
          expirationSeconds: callTokenSeconds,
          path: nameOf(callTokenFile),
        },
      },
    ],
  },
});
export const callTokenMount = { name: 'call-token', mountPath: dirOf(callTokenFile), readOnly: true } as const;
