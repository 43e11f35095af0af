// Headrace's own images: what each is made of, and the name it gets from its content.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bundle } from './bundles.ts';
import { contentHash } from './content-hash.ts';

const repositoryRoot = resolve(import.meta.dirname, '..', '..', '..');

/** One image: a bundle made from `entry`, copied as `file` by the Dockerfile. */
export interface Component {
  readonly name: ComponentName;
  readonly dockerfile: string;
  readonly entry: string;
  readonly file: string;
}

export const componentNames = [
  'headrace/operator',
  'headrace/invoker',
  'headrace/scout',
  'headrace/host-node26',
] as const;
export type ComponentName = (typeof componentNames)[number];

export const components: readonly Component[] = [
  {
    name: 'headrace/operator',
    dockerfile: 'operator/Dockerfile',
    entry: 'operator/src/main.ts',
    file: 'operator.mjs',
  },
  {
    name: 'headrace/invoker',
    dockerfile: 'functions-runtime/invoker/Dockerfile',
    entry: 'functions-runtime/invoker/src/main.ts',
    file: 'invoker.mjs',
  },
  {
    name: 'headrace/scout',
    dockerfile: 'functions-runtime/scout/Dockerfile',
    entry: 'functions-runtime/scout/src/main.ts',
    file: 'scout.mjs',
  },
  {
    name: 'headrace/host-node26',
    dockerfile: 'functions-runtime/hosts/node/Dockerfile',
    entry: 'functions-runtime/hosts/node/main.ts',
    file: 'host.mjs',
  },
];

/** Everything that decides what is in an image. */
export interface Content {
  readonly component: Component;
  readonly bundle: Uint8Array;
  readonly dockerfile: string;
  readonly base: string;
}

/** Reads and bundles what goes into a component's image. `root` is where its paths start. */
export async function contentOf(component: Component, base: string, root = repositoryRoot): Promise<Content> {
  const dockerfile = await readFile(join(root, component.dockerfile), 'utf8');
  return { component, bundle: await bundle(join(root, component.entry)), dockerfile, base };
}

/** `name:hash of the content`: equal content has an equal name, and a change rolls the pods. */
export function refOf({ component, bundle, dockerfile, base }: Content): string {
  return `${component.name}:${contentHash(bundle, dockerfile, base)}`;
}
