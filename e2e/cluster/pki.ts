// Certificates for a Kubernetes of our own: a CA, what it signs, service account keys and kubeconfig files.
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, onPath } from './commands.ts';
import { debianPackages } from './prerequisites.ts';
import { Missing } from './progress.ts';

/** A private key and the certificate of its public half, both PEM. */
export interface Certified {
  readonly keyPem: string;
  readonly certPem: string;
}

export interface Subject {
  /** The user name when used as a client certificate. */
  readonly commonName: string;
  /** The user's groups when used as a client certificate. */
  readonly organizations?: readonly string[];
  readonly usages: readonly ('client' | 'server')[];
  /** What a server certificate is valid for. */
  readonly dnsNames?: readonly string[];
  readonly ips?: readonly string[];
}

/** How a client proves who it is to the API server. */
export type Credentials = Certified | { readonly token: string };

const validDays = 365;

/** A new certificate authority. */
export async function makeAuthority(commonName: string): Promise<Certified> {
  return certify(authorityConfig(commonName));
}

/** A new key pair, its certificate signed by `authority`. */
export async function issue(authority: Certified, subject: Subject): Promise<Certified> {
  return certify(leafConfig(subject), authority);
}

/** The key pair (PEM) with which an API server signs service account tokens. */
export function makeServiceAccountKeys(): { readonly privatePem: string; readonly publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** Everything signed that a cluster of one node needs. */
export interface ClusterPki {
  readonly authority: Certified;
  readonly apiServer: Certified;
  /** The API server as a client of the kubelet (`exec`, `logs`). */
  readonly apiServerToKubelet: Certified;
  readonly admin: Certified;
  readonly controllerManager: Certified;
  readonly scheduler: Certified;
  readonly proxy: Certified;
  /** Client and server in one certificate: user `system:node:NAME`. */
  readonly kubelet: Certified;
  readonly serviceAccount: ReturnType<typeof makeServiceAccountKeys>;
}

export interface ClusterNames {
  readonly nodeName: string;
  readonly nodeIp: string;
  /** Every address by which clients reach the API server, its service address included. */
  readonly apiServerIps: readonly string[];
}

/** The users and groups are those that Kubernetes' built-in roles are bound to. */
export async function makeClusterPki(names: ClusterNames): Promise<ClusterPki> {
  const authority = await makeAuthority('headrace-local');
  const client = (commonName: string, ...organizations: string[]) =>
    issue(authority, { commonName, organizations, usages: ['client'] });
  const [apiServer, kubelet, apiServerToKubelet, admin, controllerManager, scheduler, proxy] = await Promise.all([
    issue(authority, apiServerSubject(names.apiServerIps)),
    issue(authority, {
      commonName: `system:node:${names.nodeName}`,
      organizations: ['system:nodes'],
      usages: ['client', 'server'],
      dnsNames: [names.nodeName],
      ips: [names.nodeIp],
    }),
    client('kube-apiserver-kubelet-client', 'system:masters'),
    client('headrace-admin', 'system:masters'),
    client('system:kube-controller-manager'),
    client('system:kube-scheduler'),
    client('system:kube-proxy', 'system:node-proxier'),
  ]);
  const serviceAccount = makeServiceAccountKeys();
  return {
    authority,
    apiServer,
    apiServerToKubelet,
    admin,
    controllerManager,
    scheduler,
    proxy,
    kubelet,
    serviceAccount,
  };
}

export function apiServerSubject(ips: readonly string[]): Subject {
  const service = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
  ];
  return { commonName: 'kube-apiserver', usages: ['server'], dnsNames: ['localhost', ...service], ips };
}

/** A kubeconfig with everything inside it; JSON, which is YAML too. */
export function kubeconfig(server: string, caPem: string, credentials: Credentials): string {
  const name = 'headrace-local';
  const user =
    'token' in credentials
      ? { token: credentials.token }
      : {
          'client-certificate-data': base64(credentials.certPem),
          'client-key-data': base64(credentials.keyPem),
        };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(caPem) } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** The openssl configuration of a CA's own certificate. */
export function authorityConfig(commonName: string): string {
  return config({ CN: commonName }, [
    'basicConstraints=critical,CA:TRUE',
    'keyUsage=critical,digitalSignature,keyCertSign,cRLSign',
    'subjectKeyIdentifier=hash',
  ]);
}

/** The openssl configuration of a signed certificate. */
export function leafConfig({ commonName, organizations = [], usages, dnsNames = [], ips = [] }: Subject): string {
  const fields = Object.fromEntries(organizations.map((organization, index) => [`${index}.O`, organization]));
  const alternatives = [...dnsNames.map((name) => `DNS:${name}`), ...ips.map((ip) => `IP:${ip}`)];
  return config({ ...fields, CN: commonName }, [
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature',
    `extendedKeyUsage=${usages.map((usage) => `${usage}Auth`).join(',')}`,
    'authorityKeyIdentifier=keyid',
    ...(alternatives.length > 0 ? [`subjectAltName=${alternatives.join(',')}`] : []),
  ]);
}

function config(subject: Readonly<Record<string, string>>, extensions: readonly string[]): string {
  const fields = Object.entries(subject).map(([name, value]) => `${name}=${checked(value)}`);
  const request = ['[req]', 'prompt=no', 'distinguished_name=subject', 'x509_extensions=extensions'];
  return [...request, '[subject]', ...fields, '[extensions]', ...extensions, ''].join('\n');
}

/** The values are our own constants and node names: anything that openssl would interpret is a mistake. */
function checked(value: string): string {
  if (!/^[\w.:-]+$/.test(value)) throw new Error(`not a name for a certificate: ${JSON.stringify(value)}`);
  return value;
}

async function certify(configText: string, authority?: Certified): Promise<Certified> {
  const openssl = await opensslCommand();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  // mkdtemp makes a folder that only we can enter.
  const dir = await mkdtemp(join(tmpdir(), 'headrace-pki-'));
  const write = async (name: string, text: string) => {
    const path = join(dir, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  try {
    const key = await write('key.pem', keyPem);
    const settings = await write('openssl.cnf', configText);
    const signer = authority
      ? ['-CA', await write('ca.pem', authority.certPem), '-CAkey', await write('ca-key.pem', authority.keyPem)]
      : [];
    const args = ['req', '-x509', '-new', '-sha256', '-days', String(validDays), '-config', settings, '-key', key];
    const certPem = await must(openssl, [...args, ...signer, '-set_serial', serial(keyPem)]);
    return { keyPem, certPem };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Unlike for every key, and positive. */
function serial(keyPem: string): string {
  return `0x1${createHash('sha256').update(keyPem).digest('hex').slice(0, 30)}`;
}

async function opensslCommand(): Promise<string> {
  const found = await onPath('openssl');
  if (found) return found;
  await debianPackages(['openssl']);
  const installed = await onPath('openssl');
  if (!installed) throw new Missing('openssl is not on PATH', 'install openssl 3');
  return installed;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
