/** Each build that is broken on purpose must be noticed by the part of the suite that is named for it, and by the right name. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Broker } from '../cluster/broker.ts';
import { brokenBuilds, brokenCopy, sourceCopy, unitTest } from './broken-builds.ts';
import { startFaultyBroker } from './ground.ts';

let broker: Broker | undefined;
afterAll(() => broker?.dispose());

// A scenario under a broken build may wait in vain for its end.
describe('a broken build is noticed', { timeout: 240_000 }, () => {
  it.each(brokenBuilds.map((build) => [build.name, build.detector] as const))('%s', async (name, detector) => {
    const copy = await brokenCopy(name);
    try {
      switch (detector.kind) {
        case 'unit': {
          const { code, output } = await unitTest(copy.root, detector.file);
          expect(code, `${detector.file} did not fail`).not.toBe(0);
          expect(output).toMatch(detector.says);
          break;
        }
        case 'scenario': {
          broker ??= await startFaultyBroker();
          const { report, text } = await detector.scenario(broker, copy.root);
          expect(report.verdict, text).toBe('invalid');
          expect(Object.keys(report.counts), text).toContain(detector.anomaly);
          break;
        }
      }
    } finally {
      copy.dispose();
    }
  });

  it('every patch belongs to one', () => {
    const patches = readdirSync(join(import.meta.dirname, 'broken'));
    expect(patches.sort()).toEqual(brokenBuilds.map(({ name }) => `${name}.patch`).sort());
  });
});

describe('the tests that notice them', () => {
  it('pass on the sources as they are: else they would notice anything', async () => {
    const { root, dispose } = sourceCopy('as-it-is');
    const files = brokenBuilds.flatMap(({ detector }) => (detector.kind === 'unit' ? [detector.file] : []));
    try {
      for (const file of new Set(files))
        expect((await unitTest(root, file)).output, file).toMatch(/Tests {2}\d+ passed \(\d+\)/);
    } finally {
      dispose();
    }
  });
});
