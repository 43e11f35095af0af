// The lines for a shell and the wrappers do what they say in a real shell, whatever characters the paths hold.
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { shellLines } from './environment.ts';
import { toolScript } from './kafka-tools.ts';

const record = {
  way: 'local',
  kubeconfig: "/home/o'hara/my state/kubeconfig",
  kafkaBootstrap: '198.18.255.2:30094',
  kafkaBootstrapInCluster: 'kafka.kafka.svc.cluster.local:9092',
} as const;

test('the variables arrive in a shell that evaluates the lines', () => {
  const show = 'printf "%s\\n" "$KUBECONFIG" "$PATH" "$KAFKA_BOOTSTRAP" "$KAFKA_BOOTSTRAP_IN_CLUSTER"';
  const script = `${shellLines(record, '/home/o’hara/my state/bin')}${show}`;
  const shown = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8', env: { PATH: '/usr/bin' } });
  expect(shown.trimEnd().split('\n')).toEqual([
    "/home/o'hara/my state/kubeconfig",
    '/home/o’hara/my state/bin:/usr/bin',
    '198.18.255.2:30094',
    'kafka.kafka.svc.cluster.local:9092',
  ]);
});

test('a wrapper runs its class over the jars and hands its arguments through', async () => {
  const dir = await mkdtemp(join(tmpdir(), "headrace o'hara-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const java = join(dir, 'java');
  await writeFile(java, '#!/bin/sh\nprintf "%s\\n" "$@"\n');
  await writeFile(join(dir, 'kafka-topics'), toolScript(java, join(dir, 'libs'), 'org.example.Topics'));
  await Promise.all([chmod(java, 0o755), chmod(join(dir, 'kafka-topics'), 0o755)]);
  const shown = execFileSync(join(dir, 'kafka-topics'), ['--topic', 'two words'], { encoding: 'utf8' });
  expect(shown.trimEnd().split('\n').slice(-5)).toEqual([
    '-cp',
    join(dir, 'libs', '*'),
    'org.example.Topics',
    '--topic',
    'two words',
  ]);
});
