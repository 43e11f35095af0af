/** The effects of the core as lines of text, and a transcript played: commands in, commands with their traces out. */
import type { CommitMetadata } from '#contract/commit-metadata.ts';
import { type Core, createCore } from '../core.ts';
import type { CoreEffect, CoreNote, OutgoingRecord } from '../events.ts';
import type { CoreSettings } from '../settings.ts';
import { beginMs, durationMs, parseCommand, parseSettings, transcriptSettings } from './commands.ts';

/** The transcript with the traces that the core gives now; old traces (lines that begin with `>`) are left out. */
export function play(transcript: string): string {
  const lines = transcript.split('\n').filter((line) => !line.startsWith('>'));
  const settingsLine = lines.find((line) => line.startsWith('settings '));
  const settings = settingsLine === undefined ? transcriptSettings : parseSettings(settingsLine.slice(9).trim());
  const player = new Player(settings);
  const isCommand = (line: string): boolean =>
    line.trim() !== '' && !line.startsWith('#') && !line.startsWith('settings ');
  const told: string[] = [];
  for (const line of lines) {
    told.push(line);
    try {
      if (isCommand(line)) told.push(...player.run(line));
    } catch (cause) {
      throw new Error(`${told.join('\n')}\n${String(cause)}`, { cause });
    }
  }
  return told.join('\n');
}

class Player {
  readonly #core: Core;
  readonly #epochs = new Map<number, number>();
  readonly #asked = new Map<number, { partition: number; epoch: number; records: number }>();
  #atMs = beginMs;
  #alarmMs: number | null = null;

  constructor(settings: CoreSettings) {
    this.#core = createCore(settings);
  }

  run(line: string): string[] {
    if (line.startsWith('+')) return this.#wait(durationMs(line.slice(1).trim()));
    if (line.trim() === 'snapshot') return [`> ${told(this.#core)}`];
    const event = parseCommand(line, { atMs: this.#atMs, epochs: this.#epochs, asked: this.#asked });
    if (event.kind === 'gained') this.#epochs.set(event.partition, event.epoch);
    return this.#trace(this.#core.step(event));
  }

  /** Time passes; the core is woken when it asked for it. */
  #wait(forMs: number): string[] {
    const untilMs = this.#atMs + forMs;
    const lines: string[] = [];
    while (this.#alarmMs !== null && this.#alarmMs <= untilMs) {
      this.#atMs = this.#alarmMs;
      this.#alarmMs = null;
      lines.push(
        `> ticked at ${this.#atMs - beginMs}`,
        ...this.#trace(this.#core.step({ kind: 'ticked', atMs: this.#atMs })),
      );
    }
    this.#atMs = untilMs;
    return lines;
  }

  #trace(effects: readonly CoreEffect[]): string[] {
    for (const effect of effects) {
      if (effect.kind === 'wake') this.#alarmMs = effect.atMs;
      if (effect.kind === 'call') this.#asked.set(effect.callId, { ...effect, records: effect.records.length });
      if (effect.kind === 'write') this.#asked.set(effect.writeId, { ...effect, records: effect.records.length });
    }
    return effects.map((effect) => `> ${line(effect)}`);
  }
}

function line(effect: CoreEffect): string {
  switch (effect.kind) {
    case 'call': {
      const offsets = ranges(effect.records.map(({ offset }) => offset));
      return `call ${effect.callId} ${who(effect)} ${offsets} attempt ${effect.attempt} until ${effect.deadlineMs - beginMs}`;
    }
    case 'abandon':
      return `abandon call ${effect.callId} p${effect.partition}`;
    case 'write':
      return `write ${effect.writeId} ${who(effect)} ${effect.records.map(outgoing).join(' ')}`;
    case 'commit':
      return `commit ${who(effect)} ${effect.offset}${memory(effect.metadata)}`;
    case 'released':
      return `released ${who(effect)} ${effect.offset}${memory(effect.metadata)}${effect.metadata.released ? '' : ' not in order'}`;
    case 'pause':
    case 'resume':
    case 'unblocked':
      return `${effect.kind} p${effect.partition}`;
    case 'stand-down':
      return `stand-down ${who(effect)}`;
    case 'wake':
      return `wake at ${effect.atMs - beginMs}`;
    case 'blocked':
      return `blocked p${effect.blocked.partition} at ${effect.blocked.offset}: ${effect.blocked.reason}`;
    case 'noted':
      return noted(effect.note);
  }
}

function noted(note: CoreNote): string {
  switch (note.kind) {
    case 'settled':
      return `settled p${note.partition} ${note.count} ${note.how}`;
    case 'attempt-failed':
      return `failed p${note.partition} ${note.offset} attempts ${note.attempts} retry at ${note.retryAtMs - beginMs}: ${note.reason}`;
    case 'function-unavailable':
      return `function unavailable p${note.partition}: ${note.detail}`;
    case 'circuit':
      return `circuit ${note.state}`;
    case 'skipped':
      return `skipped p${note.partition} ${note.offset} ${note.how}`;
    case 'attempt-spared':
      return `failed p${note.partition} ${note.offset} spared: ${note.reason}`;
    case 'given-up-in-doubt':
      return `given up in doubt p${note.partition} ${note.offset}, nothing else before ${note.patientUntilMs - beginMs}`;
    case 'ignored':
      return `ignored: ${note.why}`;
  }
}

/** `12.0` is the first output of record 12. */
function outgoing(record: OutgoingRecord): string {
  if (record.kind === 'output') return `${record.source.offset}.${record.index}`;
  const { source, code, attempts, firstFailureMs, lastFailureMs, reason } = record;
  return `dead-letter(${source.offset} code ${code} attempts ${attempts} failed ${firstFailureMs - beginMs}..${lastFailureMs - beginMs}: ${reason})`;
}

function memory({ attempts, settledAbove }: CommitMetadata): string {
  const failed = attempts.map(
    (each) =>
      `${range(each.offset, each.through ?? each.offset)}:${each.attempts}@${each.firstFailureMs === 0 ? '-' : each.firstFailureMs - beginMs}`,
  );
  const settled = settledAbove.map(([first, last]) => range(first, last));
  return `${failed.length === 0 ? '' : ` attempts ${failed.join(',')}`}${settled.length === 0 ? '' : ` settled ${settled.join(',')}`}`;
}

function told(core: Core): string {
  const { lanes, blocked, doubt, ...rest } = core.snapshot();
  const parts = Object.entries(rest).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const marks = lanes.map((lane) => `p${lane.partition}@${lane.epoch} ${lane.watermark}/${lane.nextPosition}`);
  return [
    ...parts,
    `blocked ${blocked.map(({ partition, offset }) => `p${partition}:${offset}`).join(' ') || 'none'}`,
    ...(doubt === null ? [] : [`doubt since ${doubt.sinceMs - beginMs} until ${doubt.patientUntilMs - beginMs}`]),
    ...marks,
  ].join(', ');
}

const who = ({ partition, epoch }: { readonly partition: number; readonly epoch: number }): string =>
  `p${partition}@${epoch}`;
const range = (first: number, last: number): string => (first === last ? `${first}` : `${first}..${last}`);

function ranges(offsets: readonly number[]): string {
  const found: [number, number][] = [];
  for (const offset of offsets) {
    const last = found.at(-1);
    if (last !== undefined && last[1] === offset - 1) last[1] = offset;
    else found.push([offset, offset]);
  }
  return found.map(([first, last]) => range(first, last)).join(',');
}
