/** Ownership on a real group coordinator: who holds what, and when it changes hands. */
import { describe, expect, inject, test as plainTest } from 'vitest';
import { connectCluster } from './cluster.ts';
import { type GivenMember, givenMember, newGroup } from './given-members.ts';
import { eventually, givenTopic, recreateTopic } from './given-topics.ts';
import { pause } from './patience.ts';
import type { Committer, OffsetToCommit } from './ports.ts';

const bootstrap = inject('kafkaBootstrap');
const cluster = connectCluster([bootstrap], 'onlooker');

const holds = (who: GivenMember, count: number) =>
  eventually(`a hold of ${count} partitions`, () => who.membership.owned.size === count);

/** A group, a topic and members of one test: the tests run side by side, for they mostly wait. */
class Story {
  readonly group = newGroup();
  readonly topic: string;
  readonly #members: GivenMember[] = [];

  constructor(topic: string) {
    this.topic = topic;
  }

  member(name: string, rest: Partial<Parameters<typeof givenMember>[1]> = {}): GivenMember {
    const made = givenMember(bootstrap, { group: this.group, topic: this.topic, name, ...rest });
    this.#members.push(made);
    return made;
  }

  async pair(): Promise<[GivenMember, GivenMember]> {
    const a = this.member('pod-0');
    await holds(a, 4);
    const b = this.member('pod-1');
    await holds(b, 2);
    await holds(a, 2);
    a.clear();
    b.clear();
    return [a, b];
  }

  commit(who: GivenMember, offset: OffsetToCommit) {
    const { memberId, memberEpoch } = who.membership;
    return cluster.commitOffsets(this.group, this.topic, [offset], { kind: 'member', memberId, memberEpoch });
  }

  async end(): Promise<void> {
    await Promise.all(this.#members.map(({ crash }) => crash()));
  }
}

const test = plainTest.extend<{ readonly story: Story }>({
  story: async ({ onTestFinished }, use) => {
    const story = new Story(await givenTopic(bootstrap, { partitions: 4 }));
    onTestFinished(() => story.end());
    await use(story);
  },
});

describe.concurrent('joining', () => {
  test('P1 a member alone gains every partition once, soon', async ({ story }) => {
    const a = story.member('pod-0');
    const tookMs = await holds(a, 4);
    expect(a.did('gained').toSorted()).toEqual([0, 1, 2, 3]);
    expect(a.membership.state).toBe('member');
    expect(a.membership.isCurrent()).toBe(true);
    expect(tookMs).toBeLessThan(3_000);
  });

  test('P1 a second member gains what the first has drained, and nothing before', async ({ story }) => {
    const a = story.member('pod-0');
    await holds(a, 4);
    const drained = Promise.withResolvers<void>();
    a.drain = () => drained.promise;
    const b = story.member('pod-1');
    await eventually('a revocation', () => a.did('revoked').length === 2);
    const { memberEpoch } = a.membership;
    // Three heartbeats of ours and of the broker's: more than a release would need.
    await pause(3_000);
    expect(b.did('gained')).toEqual([]);
    expect(a.membership.owned.size).toBe(4);
    expect(a.membership.isCurrent()).toBe(true);
    expect(a.membership.memberEpoch).toBe(memberEpoch);
    const offset = { partition: a.did('revoked')[0]!, offset: 7, metadata: 'settled while draining' };
    expect(await story.commit(a, offset)).toEqual({ kind: 'ok', value: null });
    const drainedAt = performance.now();
    drained.resolve();
    await holds(b, 2);
    expect(b.did('gained').toSorted()).toEqual(a.did('drained').toSorted());
    expect(performance.now() - drainedAt).toBeLessThan(1_000);
    expect(a.did('lost')).toEqual([]);
  });

  test('the partner leaves while we drain: the drain ends, and the same partitions come back', async ({ story }) => {
    const a = story.member('pod-0');
    await holds(a, 4);
    const drained = Promise.withResolvers<void>();
    a.drain = () => drained.promise;
    const b = story.member('pod-1');
    await eventually('a revocation', () => a.did('revoked').length === 2);
    await b.membership.leave('for-good');
    a.clear();
    drained.resolve();
    await eventually('the same partitions again', () => a.did('gained').length === 2);
    expect(a.did('gained').toSorted()).toEqual(a.did('drained').toSorted());
    await holds(a, 4);
  });
});

describe.concurrent('leaving', () => {
  test('D5 to return: what it held waits for the next process of the name, and nobody else moves', async ({
    story,
  }) => {
    const [a, b] = await story.pair();
    const before = { owned: [...b.membership.owned], epoch: b.membership.memberEpoch };
    const held = [...a.membership.owned];
    await a.membership.leave('will-return');
    expect(a.did('drained').toSorted()).toEqual(held.toSorted());
    expect(a.membership.state).toBe('left');
    expect(a.membership.isCurrent()).toBe(false);
    await pause(1_500);
    const again = story.member('pod-0');
    await holds(again, 2);
    expect([...again.membership.owned].toSorted()).toEqual(held.toSorted());
    await pause(1_500);
    expect(b.notes).toEqual([]);
    expect({ owned: [...b.membership.owned], epoch: b.membership.memberEpoch }).toEqual(before);
  });

  test('for good: the others have its partitions within a second', async ({ story }) => {
    const [a, b] = await story.pair();
    const left = performance.now();
    await a.membership.leave('for-good');
    await holds(b, 4);
    expect(performance.now() - left).toBeLessThan(1_000);
    expect(b.did('lost')).toEqual([]);
  });

  test('drains first: a slow drain holds the leave, heartbeats go on past the session', async ({ story }) => {
    const [a, b] = await story.pair();
    a.drain = () => pause(7_000);
    const leaving = a.membership.leave('for-good');
    await pause(6_500);
    expect(a.membership.isCurrent()).toBe(true);
    expect(b.membership.owned.size).toBe(2);
    await leaving;
    await holds(b, 4);
    expect(a.did('lost')).toEqual([]);
  });
});

describe.concurrent('leaving early, late and twice', () => {
  test('while joining: nobody of that name stays in the group', async ({ story }) => {
    const a = story.member('pod-0');
    await pause(15);
    await a.membership.leave('for-good');
    expect(a.membership.state).toBe('left');
    expect(a.membership.owned.size).toBe(0);
    expect(await cluster.describeGroup(story.group)).toMatchObject({ value: { members: [] } });
    await pause(700);
    expect(await cluster.describeGroup(story.group)).toMatchObject({ value: { members: [] } });
  });

  test('a second time, or after being replaced, is done at once', async ({ story }) => {
    const a = story.member('pod-0');
    await holds(a, 4);
    const second = story.member('pod-0');
    await eventually('the first one is out', () => a.membership.state === 'left');
    await a.membership.leave('for-good');
    await holds(second, 4);
    await Promise.all([second.membership.leave('for-good'), second.membership.leave('will-return')]);
    expect(second.did('drained').toSorted()).toEqual([0, 1, 2, 3]);
  });
});

describe.concurrent('a name changes hands', () => {
  test('D5 after a crash the next process has the partitions within a second, and nobody else moves', async ({
    story,
  }) => {
    const [a, b] = await story.pair();
    const held = [...a.membership.owned];
    const before = { owned: [...b.membership.owned], epoch: b.membership.memberEpoch };
    await a.crash();
    const began = performance.now();
    const again = story.member('pod-0');
    await holds(again, 2);
    expect(performance.now() - began).toBeLessThan(1_000);
    expect([...again.membership.owned].toSorted()).toEqual(held.toSorted());
    await pause(1_500);
    expect(b.notes).toEqual([]);
    expect({ owned: [...b.membership.owned], epoch: b.membership.memberEpoch }).toEqual(before);
  });

  test('P1 a second holder of a living name takes over: the first is put out, its commits are refused, it does not fight back', async ({
    story,
  }) => {
    const a = story.member('pod-0');
    await holds(a, 4);
    const stale: Committer = { kind: 'member', memberId: a.membership.memberId, memberEpoch: a.membership.memberEpoch };
    const second = story.member('pod-0');
    await holds(second, 4);
    const refused = await cluster.commitOffsets(
      story.group,
      story.topic,
      [{ partition: 0, offset: 1, metadata: '' }],
      stale,
    );
    expect(refused).toMatchObject({ kind: 'failed', code: 'UNKNOWN_MEMBER_ID', retriable: false });
    await eventually('the first one is out', () => a.membership.state === 'left');
    expect(a.did('lost').toSorted()).toEqual([0, 1, 2, 3]);
    expect(a.membership.isCurrent()).toBe(false);
    expect(a.errors.map(({ code }) => code)).toEqual(['FENCED_INSTANCE_ID']);
    await pause(1_500);
    expect(second.did('lost')).toEqual([]);
    expect(second.membership.owned.size).toBe(4);
    const described = await cluster.describeGroup(story.group);
    expect(described).toMatchObject({
      value: { members: [{ instanceId: 'pod-0', memberId: second.membership.memberId }] },
    });
  });

  test('two that start together under one name: one of them stays', async ({ story }) => {
    const both = [story.member('pod-0'), story.member('pod-0')];
    const states = () => both.map(({ membership }) => membership.state).toSorted();
    await eventually('one out, one in', () => states().join() === 'left,member');
    const winner = both.find(({ membership }) => membership.state === 'member')!;
    await holds(winner, 4);
    await pause(1_500);
    expect(states()).toEqual(['left', 'member']);
    expect(winner.membership.owned.size).toBe(4);
  });

  test('standing down gives everything up at once and joins anew', async ({ story }) => {
    const a = story.member('pod-0');
    await holds(a, 4);
    const { memberId } = a.membership;
    a.clear();
    a.membership.standDown('a host has seen a newer owner');
    expect(a.did('lost').toSorted()).toEqual([0, 1, 2, 3]);
    expect(a.membership.isCurrent()).toBe(false);
    await holds(a, 4);
    expect(a.membership.memberId).not.toBe(memberId);
    expect(a.membership.state).toBe('member');
  });
});

test.concurrent('a topic made anew under the same name: the old partitions are drained, then the new ones gained', async ({
  story,
}) => {
  const a = story.member('pod-0');
  await holds(a, 4);
  a.clear();
  a.drain = () => pause(1_000);
  await recreateTopic(bootstrap, story.topic, { partitions: 4 });
  await eventually('all are gained again', () => a.did('gained').length === 4);
  for (const partition of [0, 1, 2, 3]) {
    const story = a.notes.filter((note) => note.partition === partition).map(({ what }) => what);
    expect(story).toEqual(['revoked', 'drained', 'gained']);
  }
  expect([...a.membership.owned].toSorted()).toEqual([0, 1, 2, 3]);
});

describe.concurrent('time', () => {
  test('a drain beyond the rebalance timeout costs that partition only', async ({ story }) => {
    const a = story.member('pod-0', { rebalanceTimeoutMs: 4_000 });
    await holds(a, 4);
    a.drain = () => new Promise(() => {});
    const b = story.member('pod-1');
    await holds(b, 2);
    expect(a.did('lost').toSorted()).toEqual(b.did('gained').toSorted());
    await pause(3_000);
    expect(a.membership.owned.size).toBe(2);
    expect(a.did('lost')).toHaveLength(2);
  });
});
