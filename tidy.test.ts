// Tests of the tree itself: who may import whom, how long a file may be, how it begins, what must not be written.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((f) => f !== '');
const sources = files.filter((f) => f.endsWith('.ts') && !f.endsWith('.gen.ts'));
/** Tests, and what only tests use: `given-….ts` and the folders `trial`. */
const isTest = (f: string): boolean => /\.(test|e2e)\.ts$|\/given-[^/]+\.ts$|\/trial\//.test(f);

const aliases: Readonly<Record<string, string>> = {
  '#contract/': 'functions-runtime/contract/',
  '#kafka/': 'functions-runtime/kafka/',
  '#kube/': 'functions-runtime/kube/',
  '#api/': 'operator/src/api/',
};

/** Ours as a path from the root, others as they are written. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const specifiers = [
    ...text.matchAll(
      /^\s*(?:import|export)\b[^'"`;]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm,
    ),
  ].map((m) => m[1] ?? m[2] ?? m[3] ?? '');
  return specifiers.map((s) => {
    const alias = Object.keys(aliases).find((a) => s.startsWith(a));
    if (alias !== undefined) return `${aliases[alias]}${s.slice(alias.length)}`;
    return s.startsWith('.') ? normalize(join(dirname(file), s)) : s;
  });
}

/** The pure files of the scale room; they may import each other. */
const pureScale = ['behavior', 'decide', 'facts', 'invokers', 'load', 'progress', 'samples', 'service'].map(
  (name) => `operator/src/scale/${name}.ts`,
);

/** The import table of ARCHITECTURE.md: a room, and what of ours it may import besides itself. */
const rooms: readonly { readonly room: string; readonly may: readonly string[]; readonly pure?: true }[] = [
  { room: 'functions-runtime/contract/', may: [] },
  { room: 'functions-runtime/kafka/', may: [] },
  { room: 'functions-runtime/kube/', may: [] },
  { room: 'functions-runtime/hosts/', may: [] },
  { room: 'functions-runtime/invoker/src/core/', may: ['functions-runtime/contract/'], pure: true },
  {
    room: 'functions-runtime/invoker/src/shell/',
    may: [
      'functions-runtime/contract/',
      'functions-runtime/kafka/',
      'functions-runtime/kube/',
      'functions-runtime/invoker/src/',
    ],
  },
  {
    room: 'functions-runtime/invoker/',
    may: ['functions-runtime/contract/', 'functions-runtime/kafka/', 'functions-runtime/kube/'],
  },
  { room: 'functions-runtime/scout/', may: ['functions-runtime/contract/', 'functions-runtime/kafka/'] },
  { room: 'operator/src/api/', may: [] },
  { room: 'operator/src/loop/', may: [] },
  { room: 'operator/src/plan/', may: ['operator/src/api/', 'functions-runtime/contract/'], pure: true },
  ...pureScale.map((room) => ({
    room,
    may: [...pureScale, 'operator/src/api/', 'functions-runtime/contract/'],
    pure: true as const,
  })),
  {
    room: 'operator/src/clients/',
    may: ['operator/src/api/', 'functions-runtime/contract/', 'functions-runtime/kube/'],
  },
  { room: 'operator/', may: ['functions-runtime/contract/', 'functions-runtime/kube/'] },
  { room: 'crds/', may: ['operator/src/api/'] },
  { room: 'e2e/bench/', may: ['functions-runtime/contract/', 'functions-runtime/kafka/', 'e2e/cluster/'] },
  { room: 'e2e/', may: ['operator/src/api/', 'functions-runtime/contract/'] },
];
const roomOf = (file: string): (typeof rooms)[number] | undefined =>
  [...rooms].sort((a, b) => b.room.length - a.room.length).find((r) => file.startsWith(r.room));

/** Each library, and the only places that import it. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  '@platformatic/kafka': ['functions-runtime/kafka/'],
  '@kubernetes/client-node': ['operator/src/clients/'],
  '@prometheus-io/client': [
    'functions-runtime/invoker/src/shell/metrics.ts',
    'functions-runtime/scout/src/metrics.ts',
    'operator/src/loop/metrics.ts',
  ],
  jose: ['functions-runtime/hosts/node/callers.ts'],
  kafkajs: ['e2e/'],
  undici: [
    'functions-runtime/kube/',
    'functions-runtime/invoker/src/shell/function-client.ts',
    'operator/src/scale/scouts.ts',
    'e2e/bench/bare-loop/',
  ],
};

const lineMax = 400;

describe('import table', () => {
  it.each(sources.filter((f) => !isTest(f)).map((f) => [f]))('%s', (file) => {
    const room = roomOf(file);
    const wrong: string[] = [];
    for (const target of importsOf(file)) {
      const ours = /^(operator|functions-runtime|crds|e2e)\//.test(target);
      if (ours && room !== undefined && !target.startsWith(room.room) && !room.may.some((m) => target.startsWith(m)))
        wrong.push(target);
      if (room?.pure === true && !ours && target !== '') wrong.push(`${target} (a pure room imports no library)`);
    }
    expect(wrong, `${file} must not import`).toEqual([]);
  });

  it.each(Object.entries(libraries))('%s is imported in one place', (library, places) => {
    const wrong = sources.filter(
      (f) =>
        !isTest(f) &&
        importsOf(f).some((i) => i === library || i.startsWith(`${library}/`)) &&
        !places.some((p) => f.startsWith(p)),
    );
    expect(wrong).toEqual([]);
  });

  it('pure rooms see no clock and no chance', () => {
    const pure = rooms.filter((r) => r.pure === true).map((r) => r.room);
    const wrong = sources.filter(
      (f) =>
        !isTest(f) &&
        pure.some((p) => f.startsWith(p)) &&
        /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(|\bsetTimeout\(/.test(
          readFileSync(f, 'utf8'),
        ),
    );
    expect(wrong).toEqual([]);
  });
});

describe('files', () => {
  it(`no source file is longer than ${lineMax} lines`, () => {
    expect(sources.filter((f) => readFileSync(f, 'utf8').split('\n').length > lineMax)).toEqual([]);
  });
  it('each begins with a sentence about what lives there', () => {
    expect(sources.filter((f) => !/^(#!.*\n)?(\/\/ \S|\/\*\*)/.test(readFileSync(f, 'utf8')))).toEqual([]);
  });
  it('no file is called util, helper, common or manager', () => {
    expect(files.filter((f) => /(^|[/-])(utils?|helpers?|common|manager)(\.|\/|-)/.test(f))).toEqual([]);
  });
  it('every version is pinned exactly', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
      string,
      Record<string, string>
    >;
    const versions = Object.entries({ ...dependencies, ...devDependencies });
    expect(versions.filter(([, v]) => !/^\d+\.\d+\.\d+$/.test(v))).toEqual([]);
  });
  it('no image is named :latest', () => {
    const wrong = files
      .filter((f) => /\.(ya?ml|tpl)$/.test(f) || f.endsWith('Dockerfile'))
      .filter((f) => /image:.*:latest\b|FROM .*:latest\b/.test(readFileSync(f, 'utf8')));
    expect(wrong).toEqual([]);
  });
});

describe('docs', () => {
  it('every promise in guarantees.md names tests that exist', () => {
    const text = readFileSync('docs/guarantees.md', 'utf8');
    const named = [...text.matchAll(/`([\w./-]+\.(?:test|e2e)\.ts)`/g)].map((m) => m[1] ?? '');
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((n) => !files.includes(n))).toEqual([]);
  });
  it('every test that bad-input.md names exists', () => {
    const folders: Readonly<Record<string, string>> = {
      trial: 'functions-runtime/invoker/src/shell/trial',
      shell: 'functions-runtime/invoker/src/shell',
      core: 'functions-runtime/invoker/src/core',
      contract: 'functions-runtime/contract',
      kafka: 'functions-runtime/kafka',
    };
    const rows = readFileSync('docs/reference/bad-input.md', 'utf8')
      .split('\n')
      .filter((line) => /^\| (\d|\|)/.test(line));
    expect(rows.length).toBeGreaterThanOrEqual(35);
    const named = rows.flatMap((row) => [...(row.split('|').at(-2) ?? '').matchAll(/`([\w./-]+)`/g)].map((m) => m[1]!));
    expect(named.length).toBeGreaterThan(40);
    const wrong = named.filter((name) => {
      const [first = '', ...rest] = name.split('/');
      const path = [folders[first] ?? first, ...rest].join('/');
      return !files.some((f) =>
        /^(\.integration)?\.test\.ts$|^\.txt$/.test(f.startsWith(path) ? f.slice(path.length) : ''),
      );
    });
    expect(wrong).toEqual([]);
  });
  it('every relative link leads somewhere', () => {
    const wrong: string[] = [];
    for (const page of files.filter((f) => f.endsWith('.md'))) {
      for (const [, target = ''] of readFileSync(page, 'utf8').matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        const path = normalize(join(dirname(page), target)).replace(/\/$/, '');
        if (!files.some((f) => f === path || f.startsWith(`${path}/`))) wrong.push(`${page} → ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
