// Headrace's own images for the cluster: their names by content, their archives, and bringing them to the nodes.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseWay } from './choose-way.ts';
import { onPath, run } from './commands.ts';
import { nodeBase } from './images/bases.ts';
import { archiveOf, type Base, type Engine, fullName, type Recipe } from './images/builder.ts';
import { type Component, type ComponentName, type Content, components, contentOf, refOf } from './images/components.ts';
import { say } from './progress.ts';

/** What the Dockerfiles build on unless told otherwise, and what users get. */
export const publicNodeImage = 'node:26-bookworm-slim';

/** The name with tag of every image as it would be built now. Equal content has an equal name. */
export async function imageRefs(): Promise<ImageNames> {
  return namesOf(await gather(components));
}

/** Builds what has changed and gives the paths of all archives. */
export async function buildImages(): Promise<string[]> {
  return buildFrom(components);
}

/** Builds what has changed and loads it into the cluster; gives the names with tags of what was loaded. */
export async function loadImages(): Promise<ImageNames> {
  const way = await chooseWay();
  // Read once: the sources may change while the images are being built.
  const gathered = await gather(components);
  await way.loadImages(await archivesOf(gathered));
  return namesOf(gathered);
}

/** Builds and loads an image that is none of Headrace's, on the same base; gives its name with tag. */
export async function loadImage(recipeOn: (baseName: string) => Promise<Omit<Recipe, 'base'>>): Promise<string> {
  const { engine, base, baseName } = await workshop();
  const recipe = await recipeOn(baseName);
  const args = { BASE: base ? fullName(base.ref) : publicNodeImage };
  const archive = await archiveOf(engine, { ...recipe, ...(base ? { base } : {}), args });
  await (await chooseWay()).loadImages([archive]);
  return recipe.ref;
}

/** Where the components' paths start is an argument, so that the build can be tried on a tree made for it. */
export async function buildFrom(list: readonly Component[], root?: string): Promise<string[]> {
  return archivesOf(await gather(list, root));
}

type ImageNames = Record<ComponentName, string>;

const namesOf = ({ contents }: Gathered): ImageNames =>
  Object.fromEntries(contents.map((content) => [content.component.name, refOf(content)])) as ImageNames;

interface Gathered {
  readonly engine: Engine;
  readonly base: Base | undefined;
  readonly contents: readonly Content[];
}

async function archivesOf({ engine, base, contents }: Gathered): Promise<string[]> {
  const archives: string[] = [];
  for (const content of contents) {
    const ref = refOf(content);
    const fill = async (context: string) => {
      await writeFile(join(context, content.component.file), content.bundle);
      await writeFile(join(context, 'Dockerfile'), content.dockerfile);
    };
    const recipe = base ? { ref, fill, base, args: { BASE: fullName(base.ref) } } : { ref, fill };
    archives.push(await archiveOf(engine, recipe));
  }
  return archives;
}

async function gather(list: readonly Component[], root?: string): Promise<Gathered> {
  const { engine, base, baseName } = await workshop();
  const contents = await Promise.all(list.map((component) => contentOf(component, baseName, root)));
  return { engine, base, contents };
}

interface Workshop {
  readonly engine: Engine;
  /** Undefined: the public image is pulled. */
  readonly base: Base | undefined;
  readonly baseName: string;
}

async function workshop(): Promise<Workshop> {
  const engine: Engine = (await dockerAnswers()) ? 'docker' : 'buildah';
  if (engine === 'buildah' && process.platform !== 'linux') say('no Docker engine answers, and buildah needs Linux');
  const base = engine === 'buildah' ? await nodeBase() : undefined;
  return { engine, base, baseName: base?.ref ?? publicNodeImage };
}

async function dockerAnswers(): Promise<boolean> {
  return (await onPath('docker')) !== undefined && (await run('docker', ['info'])).code === 0;
}
