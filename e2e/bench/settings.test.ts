/** What the environment may ask of the benchmark. */
import { describe, expect, it } from 'vitest';
import { flagsOf } from './programs.ts';
import { partNames, readSettings } from './settings.ts';

describe('settings', () => {
  it('all parts, three runs, written', () => {
    expect(readSettings({})).toEqual({ parts: partNames, runs: 3, scale: 1, writes: true, profileDir: null });
  });
  it('the short form and profiles write nothing', () => {
    expect(readSettings({ BENCH_SHORT: '1' })).toMatchObject({ runs: 1, scale: 0.1, writes: false });
    expect(readSettings({ BENCH_PROFILE: 'dir' })).toMatchObject({ runs: 3, writes: false, profileDir: 'dir' });
  });
  it('parts by name', () => expect(readSettings({ BENCH_ONLY: 'idle,drain' }).parts).toEqual(['drain', 'idle']));
  it.each([
    [{ BENCH_ONLY: 'drane' }, 'there are drain, latency'],
    [{ BENCH_RUNS: '0' }, 'from 1 to 100'],
  ])('%j is refused', (env, message) => expect(() => readSettings(env)).toThrow(message));
});

describe('flags of an image', () => {
  it('are those between node and the bundle', () => {
    expect(flagsOf('FROM x\nENTRYPOINT ["node", "--a=1", "--b", "/opt/x.mjs"]\n')).toEqual(['--a=1', '--b']);
    expect(flagsOf('ENTRYPOINT ["node", "/opt/x.mjs"]')).toEqual([]);
  });
  it('an image that does not run Node is refused', () => {
    expect(() => flagsOf('ENTRYPOINT ["/pause"]')).toThrow('no image of Node');
  });
});
