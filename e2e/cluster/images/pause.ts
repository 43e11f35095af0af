// The smallest program that holds namespaces, compiled once: in pods as the pause image, in the node as its first process.
import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isExecutable, must, onPath } from '../commands.ts';
import { cacheDir, debianPackages } from '../tools.ts';
import { contentHash } from './content-hash.ts';

export const pauseSource = join(import.meta.dirname, 'pause.c');

/** The path of the program: static, so that it runs where there is nothing else. */
export async function pauseProgram(): Promise<string> {
  const dir = join(cacheDir, 'pause');
  const path = join(dir, `pause-${contentHash(await readFile(pauseSource))}`);
  if (await isExecutable(path)) return path;
  if (!(await onPath('gcc'))) await debianPackages(['gcc', 'libc6-dev']);
  await mkdir(dir, { recursive: true });
  await must('gcc', ['-Os', '-static', '-s', '-Wall', '-o', `${path}.${process.pid}`, pauseSource]);
  await rename(`${path}.${process.pid}`, path);
  return path;
}
