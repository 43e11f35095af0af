// From the definitions to the chart's template: the same YAML behind `crds.enabled`, kept on uninstall where `crds.keep` says so.
import type { Definition } from './definitions.ts';

/** The text of charts/headrace/templates/crds.yaml. */
export function chartTemplate(definitions: readonly Definition[]): string {
  return [
    '{{- /* Generated from crds/*.yaml (make generate): do not edit. */ -}}',
    '{{- if .Values.crds.enabled }}',
    ...definitions.flatMap(({ text }) => ['---', ...withKeep(text)]),
    '{{- end }}',
    '',
  ].join('\n');
}

function withKeep(text: string): string[] {
  const lines = text
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('#'));
  const name = lines.findIndex((line, index) => line.startsWith('  name: ') && lines[index - 1] === 'metadata:');
  if (name < 0) throw new Error('a definition begins with metadata.name');
  const keep = ['  {{- if .Values.crds.keep }}', '  annotations:', '    helm.sh/resource-policy: keep', '  {{- end }}'];
  // Braces in a description are text, not a template.
  const escaped = lines.map((line) => line.replace(/\{\{|\}\}/g, (braces) => `{{ "${braces}" }}`));
  return [...escaped.slice(0, name + 1), ...keep, ...escaped.slice(name + 1)];
}
