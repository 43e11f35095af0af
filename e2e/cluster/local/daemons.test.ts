// When a daemon is kept, started or restarted.
import { expect, test } from 'vitest';
import { type DaemonAct, decide } from './daemons.ts';

const daemon = { name: 'kubelet', argv: ['/var/lib/headrace/bin/kubelet', '--config=/c/kubelet-0a.json'] };
const asWanted = { argv: daemon.argv };
const otherConfig = { argv: ['/var/lib/headrace/bin/kubelet', '--config=/c/kubelet-0b.json'] };

test.each<[string, { argv: string[] }[], DaemonAct]>([
  ['none runs', [], 'start'],
  ['it runs as wanted', [asWanted], 'keep'],
  ['it runs with an older configuration', [otherConfig], 'restart'],
  ['an interrupted run left a second one', [asWanted, asWanted], 'restart'],
])('%s: %s → %s', (_, found, act) => {
  expect(decide(daemon, found)).toBe(act);
});
