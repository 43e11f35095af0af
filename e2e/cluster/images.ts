// Headrace's own images for the cluster: their names by content, their archives, and bringing them to the nodes.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseWay } from './choose-way.ts';
import { onPath, run } from './commands.ts';
import { nodeBase } from './images/bases.ts';
import { archiveOf, type Base, type Engine, fullName } from './images/builder.ts';
import { type Component, type ComponentName, type Content, components, contentOf, refOf } from './images/components.ts';
import { say } from './progress.ts';

/** What the Dockerfiles build on unless told otherwise, and what users get. */
export const publicNodeImage = 'node:26-bookworm-slim';

/** A built image: its name with tag, and the path of its archive. Equal content has an equal name. */
export interface BuiltImage {
  readonly name: ComponentName;
  readonly ref: string;
  readonly archive: string;
}

/** Builds what has changed and loads it into the cluster; gives the names with tags. */
export async function loadImages(): Promise<Record<ComponentName, string>> {
  const way = await chooseWay();
  const images = await buildFrom(components);
  await way.loadImages(images.map(({ archive }) => archive));
  return Object.fromEntries(images.map(({ name, ref }) => [name, ref])) as Record<ComponentName, string>;
}

interface Gathered {
  readonly engine: Engine;
  readonly base: Base | undefined;
  readonly contents: readonly Content[];
}

async function archivesOf({ engine, base, contents }: Gathered): Promise<string[]> {
  const images: BuiltImage[] = [];
  for (const content of contents) {
    const ref = refOf(content);
    const fill = async (context: string) => {
      await writeFile(join(context, content.component.file), content.bundle);
      await writeFile(join(context, 'Dockerfile'), content.dockerfile);
    };
    const recipe = base ? { ref, fill, base, args: { BASE: fullName(base.ref) } } : { ref, fill };
    images.push({ name: content.component.name, ref, archive: await archiveOf(engine, recipe) });
  }
  return images;
}

async function gather(list: readonly Component[], root?: string): Promise<Gathered> {
  const engine: Engine = (await dockerAnswers()) ? 'docker' : 'buildah';
  if (engine === 'buildah' && process.platform !== 'linux') say('no Docker engine answers, and buildah needs Linux');
  const base = engine === 'buildah' ? await nodeBase() : undefined;
  const baseName = base?.ref ?? publicNodeImage;
  const contents = await Promise.all(list.map((component) => contentOf(component, baseName, root)));
  return { engine, base, contents };
}

async function dockerAnswers(): Promise<boolean> {
  return (await onPath('docker')) !== undefined && (await run('docker', ['info'])).code === 0;
}
