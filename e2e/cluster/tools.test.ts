// What is built and fetched: the pins agree with the committed module files, and every program has one build.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { absentPackages, isAtLeast, parseGoVersion, parseJavaMajor } from './prerequisites.ts';
import { elapsed, failureLines, Missing } from './progress.ts';
import { wantedServices } from './test-services.ts';
import { type GoBuild, goBuildArgs, goBuilds } from './tools.ts';
import {
  cacheDir,
  cacheRoot,
  type GoModule,
  goModuleDir,
  goModules,
  kafkaPom,
  minimums,
  versions,
} from './versions.ts';

const moduleFile = (module: GoModule, file: string) => readFileSync(join(goModuleDir(module), file), 'utf8');

describe('pins', () => {
  test.each([
    ['kubernetes', 'k8s.io/kubernetes', versions.kubernetes],
    ['etcd', 'go.etcd.io/etcd/server/v3', versions.etcd],
    ['helm', 'helm.sh/helm/v3', versions.helm],
    ['coredns', 'github.com/coredns/coredns', versions.coredns],
  ] as const)('the module %s requires the pinned version', (module, path, version) => {
    const required = moduleFile(module, 'go.mod').match(new RegExp(`^(?:require|\\t)\\s*${path} (\\S+)`, 'm'))?.[1];
    expect(required).toBe(version);
  });

  test('the Kubernetes libraries are those of the pinned Kubernetes', () => {
    const replaced = [...moduleFile('kubernetes', 'go.mod').matchAll(/^\t(\S+) => (\S+) (\S+)$/gm)];
    expect(replaced.length).toBeGreaterThan(20);
    for (const [, from, to, version] of replaced) {
      expect({ from, to, version }).toEqual({ from, to: from, version: versions.kubernetes.replace('v1.', 'v0.') });
    }
  });

  test('pom.xml names the pinned Kafka and its log binding', () => {
    const pom = readFileSync(kafkaPom, 'utf8');
    expect(pom).toContain(`<kafka.version>${versions.kafka}</kafka.version>`);
    expect(pom).toContain(`<slf4j.version>${versions.slf4j}</slf4j.version>`);
  });

  test.each(goModules)('the Go that is asked for is enough for the module %s', (module) => {
    const [, needed = ''] = /^go (\S+)$/m.exec(moduleFile(module, 'go.mod')) ?? [];
    const reallyNeeded = needed.split('.').map(Number);
    expect(reallyNeeded.every(Number.isInteger)).toBe(true);
    expect(isAtLeast(minimums.go, reallyNeeded)).toBe(true);
  });

  test('the cache folder is one of our own, named after the pins', () => {
    expect(cacheDir.startsWith(`${cacheRoot}/`)).toBe(true);
    expect(cacheDir.slice(cacheRoot.length + 1)).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('go builds', () => {
  test('every program comes from exactly one build, whose module imports its package', () => {
    const names = goBuilds.flatMap((plan) => Object.keys(plan.programs));
    expect(new Set(names).size).toBe(names.length);
    for (const { module, programs } of goBuilds) {
      for (const goPackage of Object.values(programs))
        expect(moduleFile(module, 'tools.go')).toContain(`"${goPackage}"`);
    }
  });

  test('a single program is named, several go into the folder under their package names', () => {
    const plan: GoBuild = { module: 'etcd', programs: { etcd: 'x/server' }, stamps: { 'a.b': 'v1' }, usuallyTakes: '' };
    expect(goBuildArgs(plan, '/t')).toEqual([
      ...['build', '-trimpath', '-buildvcs=false', '-ldflags=-s -w -X a.b=v1', '-o', '/t/etcd', 'x/server'],
    ]);
    const two: GoBuild = { ...plan, programs: { kubelet: 'x/kubelet', kubectl: 'x/kubectl' }, stamps: {} };
    expect(goBuildArgs(two, '/t').slice(-4)).toEqual(['-o', '/t/', 'x/kubelet', 'x/kubectl']);
  });
});

describe('what is on the machine', () => {
  test.each([
    ['go version go1.26.8 linux/amd64', [1, 26, 8]],
    ['go version go1.26 linux/arm64', [1, 26]],
    ['go version devel +abc', undefined],
  ])('%s', (output, expected) => {
    expect(parseGoVersion(output)).toEqual(expected);
  });

  test.each([
    [[1, 26, 8], true],
    [[1, 26], true],
    [[1, 25, 9], false],
    [[2, 0], true],
    [[1], false],
  ])('Go %j is new enough: %s', (found, expected) => {
    expect(isAtLeast(found, [1, 26])).toBe(expected);
  });

  test.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['openjdk version "21" 2023-09-19', 21],
    ['java version "1.8.0_402"', 8],
    ['command not found', undefined],
  ])('%s', (output, expected) => {
    expect(parseJavaMajor(output)).toBe(expected);
  });

  test('a package that was removed but left its settings counts as absent', () => {
    const listing = 'runc\tinstalled\ncontainerd\tconfig-files\n';
    expect(absentPackages(['runc', 'containerd', 'socat'], listing)).toEqual(['containerd', 'socat']);
  });
});

describe('what a person sees', () => {
  test.each([
    [0, '0.0 s'],
    [12_345, '12.3 s'],
    [59_960, '1 min 0 s'],
    [352_000, '5 min 52 s'],
  ])('%i ms is %s', (durationMs, expected) => {
    expect(elapsed(durationMs)).toBe(expected);
  });

  test('a missing thing is shown with the one thing to do', () => {
    expect(failureLines('building', 1_000, new Missing('Go is not installed', 'install Go'))).toEqual([
      '✗ building (1.0 s)',
      '  Go is not installed',
      '  what to do: install Go',
    ]);
  });
});

test('test services: both, or the one that is asked for, never a misspelt one', () => {
  expect(wantedServices(undefined)).toEqual(['broker', 'apiserver']);
  expect(wantedServices('broker')).toEqual(['broker']);
  expect(wantedServices('apiserver')).toEqual(['apiserver']);
  expect(() => wantedServices('kafka')).toThrow(/use broker, apiserver/);
});
