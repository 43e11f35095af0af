// A real Kubernetes API server on 127.0.0.1 without any node: etcd and kube-apiserver as child processes of a test.
import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { type Child, makeScratch, startChild } from './children.ts';
import { type Finished, type RunOptions, run } from './commands.ts';
import { apiServerSubject, type Certified, issue, kubeconfig, makeAuthority, makeServiceAccountKeys } from './pki.ts';
import { freePorts, isListening } from './ports.ts';
import { NotReady, untilReady } from './readiness.ts';
import { reapLeftovers } from './run-records.ts';
import { tool } from './tools.ts';

export interface ApiServer {
  /** "https://127.0.0.1:PORT"; the same over restarts. */
  readonly url: string;
  readonly caPem: string;
  /** A bearer token of a cluster admin. */
  readonly token: string;
  /** A kubeconfig of that admin (client certificate). Controllers that would fill in default objects do not run. */
  readonly kubeconfigPath: string;
  /** The folder with `etcd.log`, `apiserver.log` and the data; gone after `dispose`. */
  readonly logDir: string;
  kubectl(args: readonly string[], options?: Pick<RunOptions, 'stdin' | 'timeoutMs'>): Promise<Finished>;
  /** Ends kube-apiserver, by default as a crash; etcd goes on. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts kube-apiserver again with the same address, data and credentials; ends it first when it runs. */
  restart(): Promise<void>;
  /** Freezes kube-apiserver (SIGSTOP): connections stay open and nothing is answered. */
  pause(): Promise<void>;
  resume(): void;
  dispose(): Promise<void>;
}

const readyWithinMs = 60_000;
const startAttempts = 3;
const serviceCidr = '198.19.0.0/16';
/** The first address of the service range is the API server's own. */
const serviceIp = '198.19.0.1';

/** Starts etcd and kube-apiserver; resolves when the API server says that it is ready. */
export async function startApiServer(): Promise<ApiServer> {
  reapLeftovers();
  const [etcd, apiServer, kubectl] = await Promise.all([tool('etcd'), tool('kube-apiserver'), tool('kubectl')]);
  for (let attempt = 1; ; attempt += 1) {
    const server = await prepare({ etcd, apiServer, kubectl });
    try {
      await server.begin();
      return server;
    } catch (error) {
      await server.dispose();
      // Between our choice of the ports and their use another process may have been quicker.
      const portTaken = error instanceof NotReady && /address already in use/i.test(error.log);
      if (!portTaken || attempt === startAttempts) throw error;
    }
  }
}

interface Programs {
  readonly etcd: string;
  readonly apiServer: string;
  readonly kubectl: string;
}

interface Ports {
  readonly client: number;
  readonly peer: number;
  readonly secure: number;
}

async function prepare(programs: Programs): Promise<ApiServer & { begin(): Promise<void> }> {
  const [client, peer, secure] = (await freePorts(3)) as [number, number, number];
  const ports: Ports = { client, peer, secure };
  const scratch = makeScratch('apiserver');
  const at = (file: string) => join(scratch.dir, file);
  const url = `https://127.0.0.1:${secure}`;
  const { authority, admin, token } = await writeCredentials(at);
  const kubeconfigPath = at('kubeconfig');
  writeFileSync(kubeconfigPath, kubeconfig(url, authority.certPem, admin), { mode: 0o600 });
  let etcd: Child | undefined;
  let server: Child | undefined;

  const startServer = async () => {
    const logPath = at('apiserver.log');
    const name = 'kube-apiserver';
    server = await startChild({ name, command: programs.apiServer, args: apiServerArgs(ports, at), logPath });
    const isReady = () => answersReady(secure, authority.certPem, token);
    await untilReady(name, server, logPath, readyWithinMs, isReady);
  };
  return {
    url,
    caPem: authority.certPem,
    token,
    kubeconfigPath,
    logDir: scratch.dir,
    async begin() {
      const logPath = at('etcd.log');
      etcd = await startChild({ name: 'etcd', command: programs.etcd, args: etcdArgs(ports, at('etcd')), logPath });
      await untilReady('etcd', etcd, logPath, readyWithinMs, () => isListening(client));
      await startServer();
    },
    kubectl: (args, options = {}) => {
      // A cache folder of its own: the user's would remember this server's resources under a port soon reused.
      const own = ['--kubeconfig', kubeconfigPath, '--cache-dir', at('kubectl-cache')];
      return run(programs.kubectl, [...own, ...args], { ...options, env: { KUBECONFIG: '' } });
    },
    kill: async (signal = 'SIGKILL') => server?.stop(signal),
    async restart() {
      await server?.stop('SIGKILL');
      await startServer();
    },
    pause: async () => server?.freeze(),
    resume: () => server?.signal('SIGCONT'),
    async dispose() {
      await server?.stop('SIGKILL');
      await etcd?.stop('SIGKILL');
      scratch.dispose();
    },
  };
}

interface Made {
  readonly authority: Certified;
  readonly admin: Certified;
  readonly token: string;
}

async function writeCredentials(at: (file: string) => string): Promise<Made> {
  const authority = await makeAuthority('headrace-test');
  const subject = { commonName: 'headrace-admin', organizations: ['system:masters'], usages: ['client'] } as const;
  const [serving, admin] = await Promise.all([
    issue(authority, apiServerSubject(['127.0.0.1', serviceIp])),
    issue(authority, subject),
  ]);
  const serviceAccount = makeServiceAccountKeys();
  const token = Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString('base64url');
  const files: Record<string, string> = {
    'ca.pem': authority.certPem,
    'serving.pem': serving.certPem,
    'serving-key.pem': serving.keyPem,
    'service-account.pem': serviceAccount.publicPem,
    'service-account-key.pem': serviceAccount.privatePem,
    'tokens.csv': `${token},headrace-admin,headrace-admin,system:masters\n`,
  };
  mkdirSync(at('pki'), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(at(`pki/${file}`), text, { mode: 0o600 });
  return { authority, admin, token };
}

function etcdArgs(ports: Ports, dataDir: string): string[] {
  const [client, peer] = [`http://127.0.0.1:${ports.client}`, `http://127.0.0.1:${ports.peer}`];
  return [
    ...['--name', 'default', '--data-dir', dataDir, '--log-level', 'warn'],
    ...['--listen-client-urls', client, '--advertise-client-urls', client],
    ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
    // Test data need not survive a power cut.
    '--unsafe-no-fsync',
  ];
}

/** RBAC is on, as in any cluster worth the name; what only a cluster with nodes can satisfy is off. */
function apiServerArgs(ports: Ports, at: (file: string) => string): string[] {
  const flags: Record<string, string> = {
    'etcd-servers': `http://127.0.0.1:${ports.client}`,
    'bind-address': '127.0.0.1',
    'advertise-address': '127.0.0.1',
    'secure-port': String(ports.secure),
    'service-cluster-ip-range': serviceCidr,
    'authorization-mode': 'RBAC',
    'client-ca-file': at('pki/ca.pem'),
    'token-auth-file': at('pki/tokens.csv'),
    'tls-cert-file': at('pki/serving.pem'),
    'tls-private-key-file': at('pki/serving-key.pem'),
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': at('pki/service-account.pem'),
    'service-account-signing-key-file': at('pki/service-account-key.pem'),
    // Without the controller manager no namespace ever gets the service account that this would ask for.
    'disable-admission-plugins': 'ServiceAccount',
    // 127.0.0.1 is no address for an endpoint, and nothing here looks the service up.
    'endpoint-reconciler-type': 'none',
    profiling: 'false',
  };
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}

/** Whether /readyz answers 200 within a second. */
function answersReady(port: number, ca: string, token: string): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}` };
    const asking = request({ host: '127.0.0.1', port, path: '/readyz', ca, headers, agent: false, timeout: 1_000 });
    asking.once('response', (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asking.once('timeout', () => asking.destroy());
    asking.once('error', () => resolve(false));
    asking.end();
  });
}
