// One JavaScript file per component, with everything it imports, ready to be copied into an image.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { Missing } from '../progress.ts';

/** CommonJS dependencies call `require`, which an ES module does not have. */
const banner =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

/** Bundles one entry file. Throws `Missing` when the entry does not exist, and esbuild's own report when it is wrong. */
export async function bundle(entry: string): Promise<Uint8Array> {
  try {
    await readFile(entry);
  } catch (cause) {
    throw new Missing(`${entry} does not exist`, 'an image is built from it: see the list in images/components.ts', {
      cause,
    });
  }
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node26',
    banner: { js: banner },
    legalComments: 'eof',
    logLevel: 'silent',
    plugins: [leanKafkaClient, inlinedAssets],
  });
  const { contents, text } = outputFiles[0]!;
  const [left] = text.match(assetRead) ?? [];
  if (left)
    throw new Error(`${entry}: its bundle would look for a file beside it (${left}): inline that package's too`);
  return contents;
}

const assetRead = /readFileSync\(new URL\((['"])([^'"]+)\1,\s*import\.meta\.url\)\)/g;

/** Replaces each read of a file beside the module by the file's content, because a bundle has nothing beside it. */
export async function inlineAssets(code: string, read: (path: string) => Promise<Uint8Array>): Promise<string> {
  const contents = new Map<string, string>();
  for (const [, , path] of code.matchAll(assetRead)) {
    contents.set(path!, Buffer.from(await read(path!)).toString('base64'));
  }
  return code.replaceAll(assetRead, (_, __, path: string) => `Buffer.from('${contents.get(path)}', 'base64')`);
}

/** Only these packages are looked through: doing it to all takes longer than the bundle. */
const readingPackages = /node_modules[\\/]@platformatic[\\/]wasm-utils[\\/].*\.js$/;

const inlinedAssets: Plugin = {
  name: 'inlined assets',
  setup({ onLoad }) {
    onLoad({ filter: readingPackages }, async ({ path }) => {
      const code = await readFile(path, 'utf8');
      return { contents: await inlineAssets(code, (file) => readFile(resolve(dirname(path), file))), loader: 'js' };
    });
  },
};

/**
 * The client's entry loads all of it, with option schemas that are compiled at the start, for a third of a process's start time. None of its
 * modules is imported for an effect alone, so those of which nothing is used may stay out.
 */
const leanKafkaClient: Plugin = {
  name: 'lean Kafka client',
  setup({ onResolve, resolve: found }) {
    onResolve({ filter: /^@platformatic\/kafka$|^\./ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
      const isOfClient = !path.startsWith('.') || /[\\/]@platformatic[\\/]kafka[\\/]dist[\\/]/.test(importer);
      if (pluginData === leanKafkaClient || !isOfClient) return undefined;
      const { path: file, namespace } = await found(path, {
        importer,
        kind,
        resolveDir,
        pluginData: leanKafkaClient,
      });
      return { path: file, namespace, sideEffects: false };
    });
  },
};
