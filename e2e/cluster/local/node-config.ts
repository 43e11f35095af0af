// The configuration files of containerd, its network plugin, the kubelet and kube-proxy, as text.
import { addresses, clusterDomain } from './addresses.ts';
import { cgroupRoot } from './cgroups.ts';
import { config, inside, pki } from './paths.ts';

/** Debian's folder of network plugins. */
const pluginsDir = '/usr/lib/cni';
const kubeletApi = 'kubelet.config.k8s.io/v1beta1';

export const containerdSocket = `${inside.runContainerd}/containerd.sock`;

/** TOML. `pauseImage` is the full name of an image that has been imported. */
export function containerdConfig(pauseImage: string): string {
  return `version = 2
root = "${inside.containerd}"
state = "${inside.runContainerd}"
[grpc]
  address = "${containerdSocket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  # Without CAP_SYS_RESOURCE nobody may lower a process's oom_score_adj, and every sandbox would die of trying.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${pluginsDir}"
    conf_dir = "${inside.network}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`;
}

/**
 * A cable per pod. With a bridge, the answer of a service's pod to a pod beside it would skip the translation of the
 * service's address.
 */
export function networkConfig(): string {
  return json({
    cniVersion: '0.4.0',
    name: 'headrace',
    plugins: [
      {
        type: 'ptp',
        ipMasq: false,
        ipam: { type: 'host-local', ranges: [[{ subnet: addresses.pods }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
      { type: 'portmap', capabilities: { portMappings: true }, snat: true },
    ],
  });
}

export function kubeletConfig(): string {
  return json({
    apiVersion: kubeletApi,
    kind: 'KubeletConfiguration',
    address: addresses.node,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: pki('ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: pki('kubelet.crt'),
    tlsPrivateKeyFile: pki('kubelet.key'),
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot,
    clusterDNS: [addresses.dnsService],
    clusterDomain,
    resolvConf: config('resolv.conf'),
    failSwapOn: false,
    oomScoreAdj: 0,
    // Images come from archives, not from a registry: one that is collected would be gone.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    // Shares of the disk, as usual, would evict pods from every machine whose disk is rather full.
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1Gi', 'imagefs.available': '1Gi' },
    evictionPressureTransitionPeriod: '10s',
    healthzPort: 0,
    serializeImagePulls: false,
    shutdownGracePeriod: '0s',
    enableServer: true,
  });
}

export function proxyConfig(): string {
  return json({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig: pki('proxy.kubeconfig') },
    mode: 'iptables',
    clusterCIDR: addresses.pods,
    // The limits of connection tracking belong to the machine, not to the node.
    conntrack: { maxPerCore: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    metricsBindAddress: '127.0.0.1:10249',
    healthzBindAddress: '127.0.0.1:10256',
    oomScoreAdj: 0,
  });
}

/** Pods ask the cluster's DNS; beyond the cluster there is nothing to ask about. */
export const resolvConf = 'options ndots:1\n';

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
