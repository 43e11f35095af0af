/** The machine and the versions that figures belong to. */
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { versions } from '../cluster/versions.ts';

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  readonly kafka: string;
  readonly packages: Readonly<Record<string, string>>;
}

const shown = ['@platformatic/kafka', 'undici', 'kafkajs'];

export function thisMachine(): Machine {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as Record<string, Record<string, string>>;
  const pinned = { ...dependencies, ...devDependencies };
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.versions.node,
    kafka: versions.kafka,
    packages: Object.fromEntries(shown.map((name) => [name, pinned[name] ?? '?'])),
  };
}

export function machineText({ cores, cpu, memoryGb, kernel, node, kafka, packages }: Machine): string {
  const names = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return `${cores} cores (${cpu}), ${memoryGb} GB, Linux ${kernel}, Node ${node}, Kafka ${kafka}, ${names.join(', ')}`;
}
