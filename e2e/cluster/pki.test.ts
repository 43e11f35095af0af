// Certificates as Kubernetes reads them: names, groups, addresses and purposes, all signed by the one authority.
import { createPrivateKey, createPublicKey, sign, verify, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ClusterPki, kubeconfig, leafConfig, makeClusterPki } from './pki.ts';

const ips = ['198.18.255.2', '198.19.0.1', '127.0.0.1'];
/** The object identifiers of the extended key usages serverAuth and clientAuth. */
const [forServer, forClient] = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];

describe('the certificates of a cluster', () => {
  let pki: ClusterPki;
  beforeAll(async () => {
    pki = await makeClusterPki({ nodeName: 'node-1', nodeIp: '198.18.255.2', apiServerIps: ips });
  });

  const signed = [
    ['apiServer', 'CN=kube-apiserver'],
    ['apiServerToKubelet', 'O=system:masters\nCN=kube-apiserver-kubelet-client'],
    ['admin', 'O=system:masters\nCN=headrace-admin'],
    ['controllerManager', 'CN=system:kube-controller-manager'],
    ['scheduler', 'CN=system:kube-scheduler'],
    ['proxy', 'O=system:node-proxier\nCN=system:kube-proxy'],
    ['kubelet', 'O=system:nodes\nCN=system:node:node-1'],
  ] as const;

  test.each(signed)('%s is signed by the authority for its own key, and for nothing but a leaf', (name, subject) => {
    const authority = new X509Certificate(pki.authority.certPem);
    const certificate = new X509Certificate(pki[name].certPem);
    expect(certificate.subject).toBe(subject);
    expect(certificate.checkIssued(authority) && certificate.verify(authority.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(pki[name].keyPem))).toBe(true);
    expect(certificate.ca).toBe(false);
  });

  test('no two share a serial number', () => {
    const serials = signed.map(([name]) => new X509Certificate(pki[name].certPem).serialNumber);
    expect(new Set(serials).size).toBe(signed.length);
  });

  test('the API server is valid for its addresses and its service names, and only as a server', () => {
    const certificate = new X509Certificate(pki.apiServer.certPem);
    for (const ip of ips) expect(certificate.checkIP(ip)).toBe(ip);
    expect(certificate.checkIP('198.19.0.2')).toBeUndefined();
    expect(certificate.checkHost('kubernetes.default.svc')).toBe('kubernetes.default.svc');
    expect(certificate.keyUsage).toEqual([forServer]);
  });

  test('the kubelet is client and server, the admin only a client', () => {
    // A set, whose order in the certificate means nothing.
    expect(new X509Certificate(pki.kubelet.certPem).keyUsage.toSorted()).toEqual([forServer, forClient]);
    expect(new X509Certificate(pki.kubelet.certPem).checkIP('198.18.255.2')).toBe('198.18.255.2');
    expect(new X509Certificate(pki.admin.certPem).keyUsage).toEqual([forClient]);
  });

  test('the service account keys belong together', () => {
    const { privatePem, publicPem } = pki.serviceAccount;
    const text = Buffer.from('token');
    expect(verify('sha256', text, createPublicKey(publicPem), sign('sha256', text, privatePem))).toBe(true);
  });
});

test('a kubeconfig holds its credentials inside', () => {
  const withToken = JSON.parse(kubeconfig('https://127.0.0.1:1', 'CA', { token: 't' }));
  expect(withToken.users[0].user).toEqual({ token: 't' });
  expect(withToken.clusters[0].cluster).toEqual({
    server: 'https://127.0.0.1:1',
    'certificate-authority-data': Buffer.from('CA').toString('base64'),
  });
  const withCertificate = JSON.parse(kubeconfig('https://x', 'CA', { certPem: 'C', keyPem: 'K' }));
  expect(withCertificate.users[0].user).toEqual({
    'client-certificate-data': Buffer.from('C').toString('base64'),
    'client-key-data': Buffer.from('K').toString('base64'),
  });
});

test('a name that openssl would interpret is refused', () => {
  expect(() => leafConfig({ commonName: 'x\nbasicConstraints=CA:TRUE', usages: ['client'] })).toThrow(/not a name/);
});
