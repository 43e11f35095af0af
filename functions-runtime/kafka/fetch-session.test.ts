/** What a broker is told of a fetch session: all at first, then changes; all again when it forgot. */
import { expect, test } from 'vitest';
import { FetchSession, type SessionPartition } from './fetch-session.ts';

const at = (topicId: string, partition: number, position: number): SessionPartition => ({
  topicId,
  partition,
  position,
});

test('the first request names all and asks for a session', () => {
  expect(new FetchSession().request([at('a', 0, 5), at('a', 1, 6), at('b', 0, 7)])).toEqual({
    sessionId: 0,
    sessionEpoch: 0,
    forgotten: [],
    topics: [
      { topicId: 'a', partitions: [at('a', 0, 5), at('a', 1, 6)] },
      { topicId: 'b', partitions: [at('b', 0, 7)] },
    ],
  });
});

test('then only what changed, and what is forgotten, with rising epochs', () => {
  const session = new FetchSession();
  const first = [at('a', 0, 5), at('a', 1, 6)];
  session.request(first);
  session.answered(first, 42);
  expect(session.request(first)).toEqual({ sessionId: 42, sessionEpoch: 1, topics: [], forgotten: [] });
  session.answered(first, 42);
  const second = [at('a', 0, 9), at('b', 0, 1)];
  expect(session.request(second)).toEqual({
    sessionId: 42,
    sessionEpoch: 2,
    topics: [
      { topicId: 'a', partitions: [at('a', 0, 9)] },
      { topicId: 'b', partitions: [at('b', 0, 1)] },
    ],
    forgotten: [{ topicId: 'a', partitions: [1] }],
  });
});

test('a request that was not answered is sent again as it was', () => {
  const session = new FetchSession();
  session.answered([at('a', 0, 5)], 42);
  const wanted = [at('a', 0, 8)];
  expect(session.request(wanted)).toEqual(session.request(wanted));
});

test('after a reset, and with a broker that has no room for sessions, all is named each time', () => {
  const session = new FetchSession();
  const all = [at('a', 0, 5)];
  session.answered(all, 42);
  session.reset();
  expect(session.request(all)).toMatchObject({ sessionId: 0, sessionEpoch: 0, topics: [{ partitions: all }] });
  session.answered(all, 0);
  expect(session.request(all)).toMatchObject({ sessionId: 0, sessionEpoch: 0, topics: [{ partitions: all }] });
});

test('another session than the last begins with epoch 1', () => {
  const session = new FetchSession();
  session.answered([], 42);
  session.answered([], 42);
  session.answered([], 43);
  expect(session.request([])).toMatchObject({ sessionId: 43, sessionEpoch: 1 });
});
