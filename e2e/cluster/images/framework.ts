// An image as users make them: the Functions Framework for Node as it was published, and one file with a function. For scenarios only, part of no release.
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Recipe } from './builder.ts';
import { contentHash } from './content-hash.ts';
import { closureOf, copyPackages, digestOf, type Lock } from './packages.ts';

const root = resolve(import.meta.dirname, '..', '..', '..');
const framework = '@google-cloud/functions-framework';

const dockerfile = (target: string): string => `ARG BASE
FROM \${BASE}
COPY node_modules/ /app/node_modules/
COPY index.mjs /app/index.mjs
USER 65532:65532
WORKDIR /app
ENTRYPOINT ["node", "node_modules/${framework}/build/src/main.js", "--source=index.mjs", "--target=${target}", "--signature-type=http"]
`;

/** `source`: a module that exports an HTTP function of the name `target`. `base`: the image that it builds on, as its content's name. */
export async function frameworkImage(source: string, target: string, base: string): Promise<Omit<Recipe, 'base'>> {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lock;
  const paths = closureOf(framework, lock);
  const content = dockerfile(target);
  const ref = `headrace-e2e/${target}:${contentHash(await readFile(source), content, digestOf(paths, lock), base)}`;
  return {
    ref,
    fill: async (context) => {
      await copyPackages(paths, root, context);
      await cp(source, join(context, 'index.mjs'));
      await writeFile(join(context, 'Dockerfile'), content);
    },
  };
}
