// From schema to the reference pages: every field with type, bounds, default and description, and every rule with its message.
import { type Definition, type Schema, walk } from './definitions.ts';

/** The text of docs/reference/<kind>.md. */
export function referencePage({ kind, plural, shortNames, apiVersion, columns, schema }: Definition): string {
  const nodes = [...walk(schema)];
  const fields = (part: 'spec' | 'status'): string[] =>
    nodes.filter(([path, node]) => path.startsWith(`${part}.`) && node.description !== undefined).map(row(nodes));
  const rules = nodes.flatMap(([, node]) => (node['x-kubernetes-validations'] ?? []).map((rule) => rule.message));
  return [
    `<!-- Generated from crds/${kind.toLowerCase()}.yaml (make generate): do not edit. -->`,
    `# ${kind}`,
    '',
    `\`${apiVersion}\`, namespaced; \`kubectl get ${plural}\`, short ${shortNames.map((name) => `\`${name}\``).join(', ')}, category \`headrace\`.`,
    '',
    schema.description ?? '',
    '',
    'Durations are texts such as `500ms`, `30s`, `1h30m`; sizes are texts such as `512Ki`, `1Mi`. Defaults are filled in by the API server, so `kubectl get -o yaml` shows them.',
    '',
    '## spec',
    '',
    ...table(fields('spec')),
    '',
    '## What is refused when it is applied',
    '',
    'Besides the types and bounds above:',
    '',
    ...[...new Set(rules)].map((message) => `- ${message}`),
    '',
    '## status',
    '',
    ...table(fields('status')),
    '',
    'What each condition and reason means: [conditions](conditions.md).',
    '',
    '## Columns of `kubectl get`',
    '',
    '| Column | Shows |',
    '|---|---|',
    ...columns.map((c) => `| ${c.name}${c.priority ? ' (with `-o wide`)' : ''} | ${cell(c.description)} |`),
    '',
  ].join('\n');
}

const table = (rows: readonly string[]): string[] => [
  '| Field | Type | Default | Meaning |',
  '|---|---|---|---|',
  ...rows,
];

function row(nodes: readonly (readonly [string, Schema])[]): (node: readonly [string, Schema]) => string {
  return ([path, schema]) => {
    const parent = nodes.find(([other]) => other === path.slice(0, path.lastIndexOf('.')))?.[1];
    const required = parent?.required?.includes(path.slice(path.lastIndexOf('.') + 1)) ? ', required' : '';
    const standard = schema.default === undefined ? '' : `\`${JSON.stringify(schema.default).replaceAll('"', '')}\``;
    return `| \`${path}\` | ${cell(shape(schema) + required)} | ${standard} | ${cell(schema.description ?? '')} |`;
  };
}

function shape(schema: Schema): string {
  if (schema['x-kubernetes-int-or-string']) return 'quantity';
  const { enum: choices, minLength, maxLength, minimum, maximum, minItems, maxItems, maxProperties } = schema;
  if (choices) return choices.map((choice) => `\`${choice}\``).join(' or ');
  switch (schema.type) {
    case 'string':
      if (schema.pattern?.includes('(ms|s|m|h)')) return 'duration';
      if (schema.pattern?.includes('(Ki|Mi|Gi)')) return 'size';
      if (schema.format === 'date-time') return 'time';
      return `string${span(minLength, maxLength, 'characters')}`;
    case 'integer':
      return `integer${span(minimum, maximum, '')}`;
    case 'array':
      return `list${keyed(schema)}${span(minItems, maxItems, 'items')}`;
    case 'object':
      return schema.additionalProperties ? `map${span(undefined, maxProperties, 'entries')}` : 'object';
    default:
      return schema.type ?? '';
  }
}

const keyed = (schema: Schema): string => {
  const keys = schema['x-kubernetes-list-map-keys'];
  return keys ? ` by ${keys.map((key) => `\`${key}\``).join(', ')}` : '';
};

function span(min: number | undefined, max: number | undefined, of: string): string {
  const unit = of === '' ? '' : ` ${of}`;
  if (max === undefined) return min === undefined ? '' : `, ${min} or more${unit}`;
  return min === undefined ? `, at most ${max}${unit}` : `, ${min} to ${max}${unit}`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
