// Waits end: with what was awaited, or with what was seen last.
import { describe, expect, it } from 'vitest';
import { eventually } from './eventually.ts';

const soon = { withinMs: 60, everyMs: 5 };
const counter = () => {
  let count = 0;
  return async () => {
    count += 1;
    return count;
  };
};

describe('eventually', () => {
  it('gives what was seen when it is so', async () => {
    expect(await eventually('three', soon, counter(), (count) => count === 3)).toBe(3);
  });

  it('says what was awaited, for how long, and what was seen last', async () => {
    const never = eventually(
      'the moon',
      soon,
      async () => ({ seen: 'a lamp' }),
      () => false,
    );
    await expect(never).rejects.toThrow('not within 0.06 s: the moon\nlast seen: {"seen":"a lamp"}');
  });

  it('takes a look that throws as not yet, and names the error at the end', async () => {
    const look = counter();
    const stumbling = async () => {
      if ((await look()) < 3) throw new Error('not there');
      return 'there';
    };
    expect(await eventually('it is there', soon, stumbling, () => true)).toBe('there');
    const failing = eventually(
      'ever',
      soon,
      () => Promise.reject(new Error('not there')),
      () => true,
    );
    await expect(failing).rejects.toThrow('last seen: an error: not there');
  });
});
