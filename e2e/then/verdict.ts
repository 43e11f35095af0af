// The judge's verdict on a scenario's stream: what must never be, as lines to read; repeats apart, because each promise bounds them.
import { judgeTopics } from '../judge/judge-topics.ts';

interface Stream {
  /** Ids of all events that were sent. */
  readonly sent: readonly string[];
  readonly input: string;
  readonly outputs: readonly string[];
  readonly deadLetter?: string;
}

export interface StreamVerdict {
  /** Lost, swapped, in two places, from nowhere, never written: none of it is ever right. */
  readonly problems: readonly string[];
  /** Records that are there more than once. */
  readonly duplicates: number;
}

interface Place {
  readonly cluster: { readonly kafkaBootstrap: string };
}

const shownOfEach = 5;

export async function verdictOf({ cluster }: Place, stream: Stream): Promise<StreamVerdict> {
  const { input, outputs, deadLetter, sent } = stream;
  const verdict = await judgeTopics({
    ...{ bootstrap: cluster.kafkaBootstrap, source: input, outputs, generated: sent },
    ...(deadLetter === undefined ? {} : { deadLetter }),
    atMostMs: 60_000,
  });
  const { lost, swapped, misrouted, strangers, missing, duplicates, generated } = verdict;
  const problems = Object.entries({ lost, swapped, misrouted, strangers, missing }).flatMap(([what, list]) =>
    list.length === 0 ? [] : [`${list.length} ${what}: ${JSON.stringify(list.slice(0, shownOfEach))}`],
  );
  if (generated !== sent.length) problems.push(`${generated} events in ${input}, ${sent.length} sent`);
  return { problems, duplicates: duplicates.length };
}
