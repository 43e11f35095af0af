// When waiting for pods has become pointless.
import { describe, expect, test } from 'vitest';
import { hopeless, type PodStatus } from './rollout.ts';

const pod = (status: PodStatus['status']): PodStatus => ({ metadata: { name: 'kafka-0' }, ...(status && { status }) });
const waiting = (reason: string, restartCount = 0) => ({ name: 'kafka', restartCount, state: { waiting: { reason } } });

describe('there is hope', () => {
  test.each([
    ['for a pod that nobody has looked at yet', pod(undefined)],
    ['while it starts', pod({ containerStatuses: [waiting('ContainerCreating')] })],
    ['after one crash', pod({ containerStatuses: [waiting('CrashLoopBackOff', 1)] })],
    ['when it runs and is not ready', pod({ containerStatuses: [{ name: 'kafka', restartCount: 9, state: {} }] })],
  ])('%s', (_, status) => expect(hopeless([status])).toBeUndefined());
});

describe('there is none', () => {
  test('when an image cannot be had', () => {
    const lost = hopeless([pod({ containerStatuses: [waiting('ErrImageNeverPull')] })]);
    expect(lost).toEqual({ pod: 'kafka-0', container: 'kafka', reason: 'ErrImageNeverPull' });
  });
  test('when it crashed again and again, be it before its containers start', () => {
    expect(hopeless([pod({ initContainerStatuses: [waiting('CrashLoopBackOff', 3)] })])).toBeDefined();
  });
});
