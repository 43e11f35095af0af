/** Test support: one thing that goes wrong, put into a flawless history, and the name under which the checker must find it. */
import { callMutations, otherMutations } from './given-call-mutations.ts';
import type { Mutation } from './given-mutation.ts';
import { fateMutations, outputMutations } from './given-record-mutations.ts';

export const mutations: readonly Mutation[] = [
  ...fateMutations,
  ...outputMutations,
  ...callMutations,
  ...otherMutations,
];
