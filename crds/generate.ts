// Writes everything that is made from the definitions and the list of reasons; with `--check` it only says what is stale (exit code 1).
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { chartTemplate } from './chart-template.ts';
import { conditionsPage } from './conditions-page.ts';
import { definitionFiles, readDefinition } from './definitions.ts';
import { referencePage } from './reference.ts';
import { typesFile } from './typescript.ts';

/** Every generated file: path from the root of the checkout → its text. */
export function generatedFiles(): Readonly<Record<string, string>> {
  const definitions = definitionFiles.map(readDefinition);
  return {
    'operator/src/api/types.gen.ts': typesFile(definitions),
    'charts/headrace/templates/crds.yaml': chartTemplate(definitions),
    'docs/reference/conditions.md': conditionsPage(),
    ...Object.fromEntries(definitions.map((d) => [`docs/reference/${d.kind.toLowerCase()}.md`, referencePage(d)])),
  };
}

function main(check: boolean): number {
  const root = new URL('../', import.meta.url);
  const stale: string[] = [];
  for (const [path, text] of Object.entries(generatedFiles())) {
    const file = new URL(path, root);
    if (textOf(file) === text) continue;
    stale.push(path);
    if (check) continue;
    mkdirSync(dirname(file.pathname), { recursive: true });
    writeFileSync(file, text);
  }
  for (const path of stale) console.log(check ? `stale: ${path} (run: make generate)` : `written: ${path}`);
  return check && stale.length > 0 ? 1 : 0;
}

function textOf(file: URL): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

if (import.meta.main) process.exit(main(process.argv.includes('--check')));
