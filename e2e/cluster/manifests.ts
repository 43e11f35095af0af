// The manifests of this folder, with their placeholders filled.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contentHash } from './images/content-hash.ts';

/** Replaces each `${NAME}`; throws when one has no value or a value has no place. */
export function fill(template: string, values: Readonly<Record<string, string>>): string {
  const used = new Set<string>();
  const text = template.replaceAll(/\$\{([A-Z_]+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the manifest asks for ${name}, which has no value`);
    used.add(name);
    return value;
  });
  const unused = Object.keys(values).filter((name) => !used.has(name));
  if (unused.length > 0) throw new Error(`the manifest has no place for ${unused.join(', ')}`);
  return text;
}

export async function manifest(file: string, values: Readonly<Record<string, string>>): Promise<string> {
  return fill(await readFile(join(import.meta.dirname, 'manifests', file), 'utf8'), values);
}

/** Like `manifest`, with CONFIGURATION standing for a hash of it all, so that a changed ConfigMap replaces its pods. */
export async function stampedManifest(file: string, values: Readonly<Record<string, string>>): Promise<string> {
  const configuration = contentHash(await manifest(file, { ...values, CONFIGURATION: '' }));
  return manifest(file, { ...values, CONFIGURATION: configuration });
}
