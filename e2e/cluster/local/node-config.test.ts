// What the configuration of the node's daemons must say for the cluster to work, and to be a real one.
import { describe, expect, test } from 'vitest';
import { addresses } from './addresses.ts';
import { parseHierarchies } from './cgroups.ts';
import { apiServer, controllerManager, etcd, scheduler } from './control-plane.ts';
import { nameInIndex } from './images.ts';
import { hasAddress } from './network.ts';
import { containerdConfig, kubeletConfig, networkConfig, proxyConfig } from './node-config.ts';

const inRange = (address: string) => /^198\.1[89]\./.test(address);

test('every address is from 198.18.0.0/15', () => {
  const { linkPrefix, ...all } = addresses;
  expect(Object.values(all).filter((address) => !inRange(address))).toEqual([]);
  const texts = [networkConfig(), kubeletConfig(), proxyConfig(), ...apiServer().argv].join('\n');
  const foreign = [...texts.matchAll(/\b\d+\.\d+\.\d+\.\d+\b/g)].map(([address]) => address);
  expect(foreign.filter((address) => !inRange(address) && !['127.0.0.1', '0.0.0.0'].includes(address))).toEqual([]);
});

describe('containerd', () => {
  const text = containerdConfig('docker.io/headrace/pause:1');
  test('starts sandboxes without CAP_SYS_RESOURCE', () => expect(text).toContain('restrict_oom_score_adj = true'));
  test('starts them from the pause image that was imported', () =>
    expect(text).toContain('sandbox_image = "docker.io/headrace/pause:1"'));
});

describe('kubelet', () => {
  const config = JSON.parse(kubeletConfig());
  test('lets nobody in without asking the API server', () => {
    expect(config.authentication).toMatchObject({ anonymous: { enabled: false }, webhook: { enabled: true } });
    expect(config.authorization).toEqual({ mode: 'Webhook' });
  });
  test('never collects images: there is no registry to get them back from', () =>
    expect(config.imageGCHighThresholdPercent).toBe(100));
  test('does not evict by shares of the disk', () =>
    expect(Object.values(config.evictionHard).filter((limit) => String(limit).includes('%'))).toEqual([]));
});

describe('the API server', () => {
  const { argv } = apiServer();
  test('asks RBAC and binds nodes to their own objects', () => {
    expect(argv).toContain('--authorization-mode=Node,RBAC');
    expect(argv).toContain('--enable-admission-plugins=NodeRestriction');
  });
  test('checks the certificate of the kubelet it talks to', () =>
    expect(argv.some((arg) => arg.startsWith('--kubelet-certificate-authority='))).toBe(true));
  test('has an issuer for projected tokens', () =>
    expect(argv).toContain('--service-account-issuer=https://kubernetes.default.svc.cluster.local'));
});

test('what has no authentication of its own listens inside the node only', () => {
  const { argv } = etcd();
  const listening = argv.filter((arg) => /^--listen/.test(arg));
  expect(listening.length).toBe(2);
  expect(listening.filter((arg) => !arg.includes('=http://127.0.0.1:'))).toEqual([]);
  for (const daemon of [controllerManager(), scheduler()]) expect(daemon.argv).toContain('--bind-address=127.0.0.1');
});

test('the network gives pods cables, not a bridge', () => {
  expect(JSON.parse(networkConfig()).plugins.map(({ type }: { type: string }) => type)).toEqual(['ptp', 'portmap']);
});

test('cgroup hierarchies of both versions are read from the mounts', () => {
  const mounts = [
    'tmpfs /sys/fs/cgroup tmpfs rw 0 0',
    'cgroup /sys/fs/cgroup/cpuset cgroup rw,relatime,cpuset 0 0',
    'cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0',
    '',
  ].join('\n');
  expect(parseHierarchies(mounts)).toEqual([
    { mountPoint: '/sys/fs/cgroup/cpuset', version: 1, controllers: ['rw', 'relatime', 'cpuset'] },
    { mountPoint: '/sys/fs/cgroup/unified', version: 2, controllers: [] },
  ]);
});

test('an address is found in what `ip -json` says, and not in what is no JSON', () => {
  const json = '[{"ifname":"headrace0","addr_info":[{"family":"inet","local":"198.18.255.1","prefixlen":30}]}]';
  expect(hasAddress(json, '198.18.255.1')).toBe(true);
  expect(hasAddress(json, '198.18.255.2')).toBe(false);
  expect(hasAddress('Device "headrace0" does not exist.', '198.18.255.1')).toBe(false);
});

test('an archive’s index names its image', () => {
  const name = 'docker.io/headrace/operator:3fa9c2';
  const index = { manifests: [{ digest: 'sha256:1', annotations: { 'org.opencontainers.image.ref.name': name } }] };
  expect(nameInIndex(JSON.stringify(index))).toBe(name);
  expect(() => nameInIndex('{"manifests":[{}]}')).toThrow('names no image');
});
