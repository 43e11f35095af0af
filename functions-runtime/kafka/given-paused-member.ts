/** Test support: a member in a process of its own, which tells on standard output what it believes, moment by moment. */
import { connectCluster } from './cluster.ts';
import { WireMembership } from './membership.ts';

const [bootstrap = '', group = '', topic = '', sessionTimeoutMs = ''] = process.argv.slice(2);
const tell = (line: object) => void process.stdout.write(`${JSON.stringify({ atMs: performance.now(), ...line })}\n`);

const membership = new WireMembership(
  connectCluster([bootstrap], 'paused'),
  {
    group,
    topic,
    instanceId: 'paused',
    rebalanceTimeoutMs: 30_000,
    sessionTimeoutMs: Number(sessionTimeoutMs),
    heartbeatIntervalMs: 500,
  },
  {
    onGained: (partition) => tell({ what: 'gained', partition }),
    onRevoked: async (partition) => {
      tell({ what: 'revoked', partition });
    },
    onLost: (partitions, reason) => tell({ what: 'lost', partitions, reason }),
    onError: ({ code }) => tell({ what: 'error', code }),
  },
);
// What a caller asks before each call and each commit.
setInterval(() => tell({ what: 'asked', current: membership.isCurrent(), owned: membership.owned.size }), 5);
