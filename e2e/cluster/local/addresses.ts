// Every address, range and name of the local cluster: all from 198.18.0.0/15, which is never routed anywhere.

/** 198.18.0.0/15 is set aside for benchmarks (RFC 2544), so no network that the machine talks to can use it. */
export const addresses = {
  /** The machine's end of the cable to the node. */
  machine: '198.18.255.1',
  /** The node's end: API server, kubelet and node ports listen here. */
  node: '198.18.255.2',
  linkPrefix: 30,
  pods: '198.18.0.0/17',
  services: '198.19.0.0/16',
  kubernetesService: '198.19.0.1',
  dnsService: '198.19.0.10',
} as const;

export const apiPort = 6443;
export const nodeName = 'headrace';
export const clusterDomain = 'cluster.local';

/** The machine's end of the cable, as `ip link` shows it. */
export const machineLink = 'headrace0';
/** The other end, inside the node. */
export const nodeLink = 'eth0';
