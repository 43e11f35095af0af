// The custom resource definitions as they stand in *.yaml, read and typed: what every generator starts from.
import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';

/** The part of a structural schema that our definitions use. */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxProperties?: number;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-type'?: 'map' | 'set' | 'atomic';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
}

export interface Column {
  readonly name: string;
  readonly description: string;
  readonly priority?: number;
}

export interface Definition {
  /** The file's whole text: what the chart carries. */
  readonly text: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly apiVersion: string;
  readonly columns: readonly Column[];
  readonly schema: Schema;
}

interface RawDefinition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string; readonly plural: string; readonly shortNames: readonly string[] };
    readonly versions: readonly {
      readonly name: string;
      readonly additionalPrinterColumns: readonly Column[];
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

export const definitionFiles = ['eventfunction.yaml', 'streambinding.yaml'] as const;

export function readDefinition(file: (typeof definitionFiles)[number]): Definition {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  const { spec } = load(text) as RawDefinition;
  const [version, ...others] = spec.versions;
  if (version === undefined || others.length > 0) throw new Error(`${file}: exactly one version is expected`);
  return {
    text,
    kind: spec.names.kind,
    plural: spec.names.plural,
    shortNames: spec.names.shortNames,
    apiVersion: `${spec.group}/${version.name}`,
    columns: version.additionalPrinterColumns,
    schema: version.schema.openAPIV3Schema,
  };
}

/** Every node of a schema with its path, such as `spec.source.topic` or `spec.env[].name`, parents first. */
export function* walk(schema: Schema, path = ''): Generator<readonly [path: string, schema: Schema]> {
  yield [path, schema];
  for (const [name, child] of Object.entries(schema.properties ?? {}))
    yield* walk(child, path ? `${path}.${name}` : name);
  if (schema.items) yield* walk(schema.items, `${path}[]`);
  if (schema.additionalProperties) yield* walk(schema.additionalProperties, `${path}.*`);
}
