/** Where a call comes from: the Headrace request headers, read and checked. */
import { callHeaders } from './protocol.ts';

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Inclusive. */
export type OffsetRange = readonly [first: number, last: number];

export interface Position {
  /** `namespace/name` of the binding. */
  readonly binding: string;
  readonly topic: string | undefined;
  readonly partition: number;
  readonly epoch: number;
  /** Ascending; empty when the caller names none. */
  readonly offsets: readonly OffsetRange[];
  /** The list was too long to be sent: `offsets` is the range around it, its members are not known. */
  readonly areOffsetsElided: boolean;
}

export interface Coordinates {
  /** Null when people or other senders call. */
  readonly position: Position | null;
  readonly attempt: number;
  /** Unix time; null when the caller set none. */
  readonly deadlineMs: number | null;
  readonly idempotencyKey: string | null;
}

/** The text says which header is wrong. */
export function readCoordinates(headers: Headers): Coordinates | string {
  const values: Record<string, string | undefined> = {};
  for (const name of Object.values(callHeaders)) {
    const value = headers[name];
    if (Array.isArray(value)) return `header ${name} came more than once`;
    values[name] = value;
  }
  const attempt = wholeNumber(values[callHeaders.attempt] ?? '1');
  if (attempt === null || attempt < 1) return `header ${callHeaders.attempt} is not a number from 1`;
  const deadline = values[callHeaders.deadline];
  const deadlineMs = deadline === undefined ? null : wholeNumber(deadline);
  if (deadline !== undefined && deadlineMs === null) return `header ${callHeaders.deadline} is not a Unix time in ms`;
  const position = readPosition(values);
  if (typeof position === 'string') return position;
  return { position, attempt, deadlineMs, idempotencyKey: values[callHeaders.idempotencyKey] ?? null };
}

function readPosition(values: Readonly<Record<string, string | undefined>>): Position | null | string {
  const binding = values[callHeaders.binding];
  if (binding === undefined) return null;
  if (binding === '') return `header ${callHeaders.binding} is empty`;
  const partition = wholeNumber(values[callHeaders.partition] ?? '');
  if (partition === null) return `header ${callHeaders.partition} is missing or not a whole number`;
  const epoch = wholeNumber(values[callHeaders.epoch] ?? '');
  if (epoch === null) return `header ${callHeaders.epoch} is missing or not a whole number`;
  const list = values[callHeaders.offsets] ?? '';
  const areOffsetsElided = list.includes(elision);
  const offsets = readOffsets(list.replace(elision, '-'));
  if (offsets === null) return `header ${callHeaders.offsets} is not a list of offsets like 4-9 or 4,6,7`;
  return { binding, topic: values[callHeaders.topic], partition, epoch, offsets, areOffsetsElided };
}

/** `4,...,900` */
const elision = ',...,';

function readOffsets(list: string): OffsetRange[] | null {
  if (list === '') return [];
  const ranges: OffsetRange[] = [];
  for (const part of list.split(',')) {
    const [first, last, ...more] = part.trim().split('-').map(wholeNumber);
    const end = last === undefined ? first : last;
    if (first === null || first === undefined || end === null || end === undefined) return null;
    if (more.length > 0 || end < first || first <= (ranges.at(-1)?.[1] ?? -1)) return null;
    ranges.push([first, end]);
  }
  return ranges;
}

/** Null when nobody said them all. */
export function countOffsets({ offsets, areOffsetsElided }: Position): number | null {
  if (areOffsetsElided || offsets.length === 0) return null;
  return offsets.reduce((count, [first, last]) => count + last - first + 1, 0);
}

/** Empty when nobody said them all. */
export function listOffsets({ offsets, areOffsetsElided }: Position): number[] {
  if (areOffsetsElided) return [];
  return offsets.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index));
}

/** Both ascending. */
export function shareAnOffset(left: readonly OffsetRange[], right: readonly OffsetRange[]): boolean {
  let [a, b] = [0, 0];
  for (;;) {
    const [x, y] = [left[a], right[b]];
    if (!x || !y) return false;
    if (x[0] <= y[1] && y[0] <= x[1]) return true;
    if (x[1] < y[1]) a += 1;
    else b += 1;
  }
}

/** Null for anything but plain digits within the safe integers. */
export function wholeNumber(digits: string): number | null {
  if (!/^\d{1,16}$/.test(digits)) return null;
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : null;
}
