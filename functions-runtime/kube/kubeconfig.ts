/** A KubeApi from a kubeconfig file: the token and certificate forms, for use outside of a cluster. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { load } from 'js-yaml';
import type { KubeApi } from './kube-api.ts';

interface Named {
  readonly name?: string;
  readonly [key: string]: unknown;
}
type Fields = Readonly<Record<string, unknown>>;

/** The current context of the file. Throws, with the next step, on forms that need another program (exec, auth-provider). */
export function kubeconfigApi(path: string): KubeApi {
  const config = load(readFileSync(path, 'utf8')) as Fields;
  const context = pick(config, 'contexts', config['current-context'], 'context', path);
  const cluster = pick(config, 'clusters', context.cluster, 'cluster', path);
  const user = pick(config, 'users', context.user, 'user', path);
  if (user.exec !== undefined || user['auth-provider'] !== undefined) {
    throw new Error(`${path}: users with exec or auth-provider are not supported; use a token or a client certificate`);
  }
  if (cluster['insecure-skip-tls-verify'] === true) {
    throw new Error(`${path}: insecure-skip-tls-verify is not supported; give certificate-authority-data`);
  }
  const base = dirname(path);
  const ca = pem(cluster, 'certificate-authority', base);
  const cert = pem(user, 'client-certificate', base);
  const key = pem(user, 'client-key', base);
  return {
    url: String(cluster.server).replace(/\/+$/, ''),
    ...(ca === undefined ? {} : { caPem: ca }),
    token: tokenReader(user, base),
    ...(cert === undefined || key === undefined ? {} : { clientCert: { certPem: cert, keyPem: key } }),
  };
}

function pick(config: Fields, list: string, name: unknown, field: string, path: string): Fields {
  const entries = Array.isArray(config[list]) ? (config[list] as readonly Named[]) : [];
  const found = entries.find((entry) => entry.name === name)?.[field];
  if (typeof found !== 'object' || found === null) {
    throw new Error(`${path}: no ${field} named '${String(name)}' under ${list}; see kubectl config view`);
  }
  return found as Fields;
}

function pem(fields: Fields, name: string, base: string): string | undefined {
  const data = fields[`${name}-data`];
  if (typeof data === 'string') return Buffer.from(data, 'base64').toString('utf8');
  const file = fields[name];
  return typeof file === 'string' ? readFileSync(resolve(base, file), 'utf8') : undefined;
}

function tokenReader(user: Fields, base: string): () => string | undefined {
  const file = user.tokenFile;
  if (typeof file === 'string') return () => readFileSync(resolve(base, file), 'utf8').trim();
  const token = user.token;
  return () => (typeof token === 'string' ? token : undefined);
}
