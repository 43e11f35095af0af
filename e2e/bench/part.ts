/** What a part of the benchmark is: it measures, and tells its table. */
import type { PartName } from './settings.ts';
import type { Stage } from './stage.ts';

export interface PartResult {
  /** Markdown: tables and what is needed to read them. */
  readonly text: string;
  /** Of each run: cores that were busy with something else. */
  readonly othersCores: readonly number[];
}

export interface Part {
  readonly name: PartName;
  readonly title: string;
  run(stage: Stage): Promise<PartResult>;
}
