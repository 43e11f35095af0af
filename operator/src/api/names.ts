/** Every name that the operator gives: group, labels, annotations, field manager, children. */

export const group = 'headrace.dev';
export const version = 'v1alpha1';
export const apiVersion = `${group}/${version}`;
export const fieldManager = 'headrace-operator';

export const labels = {
  managedBy: 'app.kubernetes.io/managed-by',
  partOf: 'app.kubernetes.io/part-of',
  component: 'app.kubernetes.io/component',
  function: `${group}/function`,
  binding: `${group}/binding`,
} as const;
export const managedByValue = 'headrace';

export type Component = 'function' | 'invoker' | 'scout' | 'operator';

/** Pod template annotation: a change of it rolls the pods. */
export const contractHashAnnotation = `${group}/contract-hash`;
/** The same for a function's code: digest of its files. */
export const codeHashAnnotation = `${group}/code-hash`;

/** On a StreamBinding: exactly these records (`3:1042, 5:7`: partition and offset) are skipped, or tried at once, if they hold their partitions. */
export const skipAnnotation = `${group}/skip`;
export const retryAnnotation = `${group}/retry`;

/** Children, all in the namespace of their owner. The CRDs bound names to 40 characters so that every child's name is a DNS label. */
export const functionDeployment = (functionName: string): string => `${functionName}-function`;
export const functionService = (functionName: string): string => `${functionName}-function`;
export const functionCode = (functionName: string, hash: string): string => `${functionName}-code-${hash}`;
/** The cluster's public keys, by which the function's hosts know its invokers. */
export const functionCallers = (functionName: string): string => `${functionName}-callers`;
export const invokerStatefulSet = (bindingName: string): string => `${bindingName}-invoker`;
export const invokerService = (bindingName: string): string => `${bindingName}-invoker`;
export const invokerServiceAccount = (bindingName: string): string => `${bindingName}-invoker`;
export const invokerRole = (bindingName: string): string => `${bindingName}-invoker`;
export const contractConfigMap = (bindingName: string, hash: string): string => `${bindingName}-contract-${hash}`;
/** One per namespace. */
export const scoutName = 'headrace-scout';
export const defaultConsumerGroup = (namespace: string, bindingName: string): string =>
  `headrace.${namespace}.${bindingName}`;
