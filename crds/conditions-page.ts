// From the closed list of reasons to its reference page: what each condition asks, what each reason means, what to do.
import { bindingConditionTypes, conditionQuestions, functionConditionTypes } from '../operator/src/api/conditions.ts';
import { bindingReasons, functionReasons, progressReasons, type ReasonText } from '../operator/src/api/reasons.ts';

/** The text of docs/reference/conditions.md. */
export function conditionsPage(): string {
  return [
    '<!-- Generated from operator/src/api/reasons.ts (make generate): do not edit. -->',
    '# Conditions and their reasons',
    '',
    'Every object has all its conditions from the first time on that the operator looked at it. `observedGeneration` says of which spec they speak. Reasons come from the lists below, and from no other.',
    '',
    '## Conditions',
    '',
    '| Condition | On | Asks |',
    '|---|---|---|',
    ...bindingConditionTypes.map((type) => `| \`${type}\` | ${kindsWith(type)} | ${conditionQuestions[type]} |`),
    '',
    ...section('Reasons of an EventFunction', functionReasons),
    ...section('Reasons of a StreamBinding', bindingReasons),
    ...section('Reasons of Reconciling and Stalled, on both', progressReasons),
  ].join('\n');
}

const kindsWith = (type: (typeof bindingConditionTypes)[number]): string =>
  functionConditionTypes.some((other) => other === type) ? 'both' : 'StreamBinding';

function section(title: string, reasons: Readonly<Record<string, ReasonText>>): readonly string[] {
  const rows = Object.entries(reasons).map(([reason, text]) => {
    return `| \`${reason}\` | ${text.means} | ${text.next} | ${effect(text)} |`;
  });
  return [`## ${title}`, '', '| Reason | Means | Next step | Sets |', '|---|---|---|---|', ...rows, ''];
}

function effect({ stalls, passes }: ReasonText): string {
  if (stalls) return '`Stalled`';
  return passes ? '`Reconciling`' : '';
}
