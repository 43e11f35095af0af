// From schema to TypeScript: the resources as the API server hands them out, so what has a default is always there.
import type { Definition, Schema } from './definitions.ts';

/** The text of operator/src/api/types.gen.ts. */
export function typesFile(definitions: readonly Definition[]): string {
  const parts = definitions.map((definition) => {
    const { spec, status } = definition.schema.properties ?? {};
    if (spec === undefined || status === undefined) throw new Error(`${definition.kind} needs spec and status`);
    const { kind, apiVersion } = definition;
    return [
      comment(definition.schema.description, ''),
      `export type ${kind} = {`,
      `  readonly apiVersion: '${apiVersion}';`,
      `  readonly kind: '${kind}';`,
      '  readonly metadata: ObjectMeta;',
      `  readonly spec: ${kind}Spec;`,
      `  readonly status?: ${kind}Status;`,
      '};',
      '',
      `export type ${kind}Spec = ${typeOf(spec, '')};`,
      '',
      `export type ${kind}Status = ${typeOf(status, '')};`,
      '',
    ].join('\n');
  });
  return [
    '/** The custom resources as the API server hands them out, defaults filled in. Generated from crds/*.yaml (make generate): do not edit. */',
    "import type { Condition, ObjectMeta } from './kubernetes.ts';",
    '',
    ...parts,
  ].join('\n');
}

function typeOf(schema: Schema, indent: string): string {
  if (schema['x-kubernetes-int-or-string']) return 'string | number';
  switch (schema.type) {
    case 'string':
      return schema.enum ? schema.enum.map((value) => `'${value}'`).join(' | ') : 'string';
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'array':
      return `readonly ${itemType(schema.items ?? {}, indent)}[]`;
    case 'object':
      if (schema.additionalProperties)
        return `Readonly<Record<string, ${typeOf(schema.additionalProperties, indent)}>>`;
      return objectType(schema, indent);
    default:
      throw new Error(`no TypeScript type for ${JSON.stringify(schema)}`);
  }
}

/** A condition is one type everywhere, as in Kubernetes. */
function itemType(items: Schema, indent: string): string {
  const isCondition = items.properties?.lastTransitionTime !== undefined && items.properties?.reason !== undefined;
  if (isCondition) return 'Condition';
  const type = typeOf(items, indent);
  return type.includes(' | ') && !type.startsWith('{') ? `(${type})` : type;
}

function objectType(schema: Schema, indent: string): string {
  const inner = `${indent}  `;
  const lines = Object.entries(schema.properties ?? {}).map(([name, child]) => {
    const always = child.default !== undefined || (schema.required ?? []).includes(name);
    return `${comment(child.description, inner)}\n${inner}readonly ${name}${always ? '' : '?'}: ${typeOf(child, inner)};`;
  });
  return `{\n${lines.join('\n')}\n${indent}}`;
}

function comment(description: string | undefined, indent: string): string {
  return `${indent}/** ${(description ?? '').replaceAll('*/', '* /')} */`;
}
