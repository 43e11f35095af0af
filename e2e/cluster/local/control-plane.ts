// etcd, the API server, the controllers and the scheduler of the local cluster: their command lines and their order.
import { addresses, apiPort, clusterDomain } from './addresses.ts';
import type { Daemon } from './daemons.ts';
import { inside, pki, program } from './paths.ts';

const etcdClient = 'http://127.0.0.1:2379';
const etcdPeer = 'http://127.0.0.1:2380';

/** Listens inside the node only; pods have network namespaces of their own. */
export function etcd(): Daemon {
  return daemon('etcd', {
    name: 'headrace',
    'data-dir': inside.etcd,
    'listen-client-urls': etcdClient,
    'advertise-client-urls': etcdClient,
    'listen-peer-urls': etcdPeer,
    'initial-advertise-peer-urls': etcdPeer,
    'initial-cluster': `headrace=${etcdPeer}`,
    // Waiting for the disk at every write is what etcd spends its time on; only a power failure would tell the difference.
    'unsafe-no-fsync': 'true',
    'log-level': 'warn',
  });
}

export function apiServer(): Daemon {
  return daemon('kube-apiserver', {
    'advertise-address': addresses.node,
    'secure-port': String(apiPort),
    'etcd-servers': etcdClient,
    'service-cluster-ip-range': addresses.services,
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'allow-privileged': 'true',
    'client-ca-file': pki('ca.crt'),
    'tls-cert-file': pki('apiserver.crt'),
    'tls-private-key-file': pki('apiserver.key'),
    'kubelet-client-certificate': pki('apiserver-to-kubelet.crt'),
    'kubelet-client-key': pki('apiserver-to-kubelet.key'),
    'kubelet-certificate-authority': pki('ca.crt'),
    // The node's host name is known to nobody else.
    'kubelet-preferred-address-types': 'InternalIP',
    'service-account-issuer': `https://kubernetes.default.svc.${clusterDomain}`,
    'service-account-key-file': pki('service-account.pub'),
    'service-account-signing-key-file': pki('service-account.key'),
    profiling: 'false',
  });
}

export function controllerManager(): Daemon {
  return daemon('kube-controller-manager', {
    kubeconfig: pki('controller-manager.kubeconfig'),
    'authentication-kubeconfig': pki('controller-manager.kubeconfig'),
    'authorization-kubeconfig': pki('controller-manager.kubeconfig'),
    'bind-address': '127.0.0.1',
    'root-ca-file': pki('ca.crt'),
    'cluster-signing-cert-file': pki('ca.crt'),
    'cluster-signing-key-file': pki('ca.key'),
    'service-account-private-key-file': pki('service-account.key'),
    'use-service-account-credentials': 'true',
    // There is one of it: an election would only make its start slower.
    'leader-elect': 'false',
    profiling: 'false',
  });
}

export function scheduler(): Daemon {
  return daemon('kube-scheduler', {
    kubeconfig: pki('scheduler.kubeconfig'),
    'authentication-kubeconfig': pki('scheduler.kubeconfig'),
    'authorization-kubeconfig': pki('scheduler.kubeconfig'),
    'bind-address': '127.0.0.1',
    'leader-elect': 'false',
    profiling: 'false',
  });
}

function daemon(name: string, flags: Readonly<Record<string, string>>): Daemon {
  return { name, argv: [program(name), ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)] };
}
