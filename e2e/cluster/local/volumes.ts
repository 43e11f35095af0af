// Folders of the node that pods keep their data in.
import { chown, mkdir } from 'node:fs/promises';
import { user } from '../images/rootfs.ts';
import { inside, outside } from './paths.ts';

export async function makeVolume(name: string): Promise<void> {
  const dir = outside(`${inside.volumes}/${name}`);
  await mkdir(dir, { recursive: true });
  await chown(dir, user, user);
}
