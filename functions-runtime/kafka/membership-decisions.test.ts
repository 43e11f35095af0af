/** Who takes a static name, and what each refusal means. */
import { describe, expect, test } from 'vitest';
import { drainLimitMs, heartbeatTimeoutMs, nameStep, refusalStep } from './membership-decisions.ts';

const ours = new Set(['me', 'me-before']);

describe('the static name', () => {
  test.each([
    ['nobody has it', undefined, false, 'join'],
    ['its holder left and will return', { memberId: 'other', memberEpoch: -2 }, false, 'join'],
    ['a starting process finds another holder', { memberId: 'other', memberEpoch: 4 }, false, 'release'],
    ['an unanswered join of ours made us its holder', { memberId: 'me-before', memberEpoch: 4 }, false, 'release'],
    ['we come back and hold it still', { memberId: 'me', memberEpoch: 4 }, true, 'release'],
    ['we come back and nobody has it', undefined, true, 'join'],
    ['we come back and another has it', { memberId: 'other', memberEpoch: 4 }, true, 'replaced'],
    ['somebody made our id leave', { memberId: 'me', memberEpoch: -2 }, true, 'replaced'],
    ['we come back after another left it', { memberId: 'other', memberEpoch: -2 }, true, 'join'],
  ] as const)('%s', (_, holder, wasMember, step) => {
    expect(nameStep(holder, ours, wasMember)).toBe(step);
  });
});

test.each([
  ['UNKNOWN_MEMBER_ID', { step: 'rejoin', reason: 'session-expired' }],
  ['FENCED_MEMBER_EPOCH', { step: 'rejoin', reason: 'fenced' }],
  ['FENCED_INSTANCE_ID', { step: 'replaced' }],
  ['NOT_COORDINATOR', { step: 'again' }],
  ['UNRELEASED_INSTANCE_ID', { step: 'again' }],
  ['GROUP_AUTHORIZATION_FAILED', { step: 'again' }],
])('a heartbeat refused with %s', (code, step) => {
  expect(refusalStep(code)).toEqual(step);
});

test('a drain is given up before the broker throws us out, with time for the heartbeat that says so', () => {
  expect(drainLimitMs(60_000, 1_000)).toBe(57_500);
  expect(drainLimitMs(2_000, 1_000)).toBe(1_000);
});

test('two heartbeats that get no answer fit into a session', () => {
  expect(heartbeatTimeoutMs(6_000)).toBe(2_000);
  expect(heartbeatTimeoutMs(45_000)).toBe(10_000);
});
