// What a package needs is found as Node would find it, and named by what was published.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { closureOf, digestOf, type Lock } from './packages.ts';

const lock: Lock = {
  packages: {
    '': {},
    'node_modules/framework': { integrity: 'sha512-f', dependencies: { router: '^2', '@scope/types': '^1' } },
    'node_modules/framework/node_modules/mime': { integrity: 'sha512-m2' },
    'node_modules/router': { integrity: 'sha512-r', dependencies: { mime: '^1' } },
    'node_modules/@scope/types': { integrity: 'sha512-t', dependencies: { framework: '*' } },
    'node_modules/mime': { integrity: 'sha512-m1' },
    'node_modules/unrelated': { integrity: 'sha512-u' },
  },
};

test('its own needs and those of its needs, also in a circle; nothing else', () => {
  expect(closureOf('framework', lock)).toEqual([
    'node_modules/@scope/types',
    'node_modules/framework',
    'node_modules/mime',
    'node_modules/router',
  ]);
});

test('the nearest copy counts', () => {
  const framework = { dependencies: { mime: '^2' } };
  const nested = { packages: { ...lock.packages, 'node_modules/framework': framework } };
  expect(closureOf('framework', nested)).toEqual([
    'node_modules/framework',
    'node_modules/framework/node_modules/mime',
  ]);
});

test('a package that the lock file does not have is named, and who needs it', () => {
  const lacking = { packages: { 'node_modules/a': { dependencies: { b: '1' } } } };
  expect(() => closureOf('a', lacking)).toThrow('b, which node_modules/a needs');
  expect(() => closureOf('c', lacking)).toThrow('c, which the image needs');
});

test('other content has another digest', () => {
  const paths = closureOf('framework', lock);
  const changed = { packages: { ...lock.packages, 'node_modules/mime': { integrity: 'sha512-other' } } };
  expect(digestOf(paths, changed)).not.toBe(digestOf(paths, lock));
  expect(digestOf(paths, { packages: { ...lock.packages } })).toBe(digestOf(paths, lock));
});

test('what is installed here can be copied: each package of the Functions Framework is pinned by its digest', () => {
  const root = new URL('../../../', import.meta.url);
  const real = JSON.parse(readFileSync(new URL('package-lock.json', root), 'utf8')) as Lock;
  const paths = closureOf('@google-cloud/functions-framework', real);
  expect(paths.filter((path) => real.packages[path]?.integrity === undefined)).toEqual([]);
  expect(paths.map((path) => readFileSync(new URL(`${path}/package.json`, root)).length)).not.toContain(0);
});
