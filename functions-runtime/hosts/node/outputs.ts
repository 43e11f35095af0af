/** Turns what a function returned for one event into output CloudEvents, as JSON texts. */
import type { CloudEvent } from './events.ts';

export type Outputs =
  | { readonly kind: 'outputs'; readonly events: readonly string[] }
  /** JSON or CloudEvents cannot hold it. */
  | { readonly kind: 'unfit'; readonly detail: string };

/** `undefined` and `null` are no output, an array is one per element, a CloudEvent is taken as it is, anything else becomes the data of one. */
export function outputsOf(value: unknown, input: CloudEvent, functionName: string): Outputs {
  const events: string[] = [];
  for (const [index, item] of (Array.isArray(value) ? (value as unknown[]) : [value]).entries()) {
    if (item === undefined || item === null) continue;
    const text = outputText(item, index, input, functionName);
    if (text.kind === 'unfit') return { kind: 'unfit', detail: `output ${index}: ${text.detail}` };
    events.push(text.json);
  }
  return { kind: 'outputs', events };
}

type OutputText =
  | { readonly kind: 'text'; readonly json: string }
  | { readonly kind: 'unfit'; readonly detail: string };

function outputText(item: unknown, index: number, input: CloudEvent, functionName: string): OutputText {
  const given = isCloudEvent(item) ? item : { data: item };
  const event: Record<string, unknown> = {
    specversion: '1.0',
    // A repeat of the same input must give the same id, or readers could not tell the repeat.
    id: `${input.id}/${index}`,
    source: derivedSource(input.source, functionName),
    type: `${functionName}.output`,
    ...withoutUndefined(given),
  };
  const { data } = event;
  if (data instanceof Uint8Array) {
    delete event.data;
    event.data_base64 = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
  } else if (data !== undefined) {
    event.datacontenttype ??= 'application/json';
  }
  const fault = attributeFault(event);
  if (fault !== null) return { kind: 'unfit', detail: fault };
  try {
    // A function or symbol would be left out without a word.
    if (data !== undefined && JSON.stringify(data) === undefined) {
      return { kind: 'unfit', detail: `a ${typeof data} is no data` };
    }
    return { kind: 'text', json: JSON.stringify(event) };
  } catch (error) {
    return { kind: 'unfit', detail: (error as Error).message };
  }
}

function isCloudEvent(item: unknown): item is Record<string, unknown> {
  return typeof item === 'object' && item !== null && typeof (item as CloudEvent).specversion === 'string';
}

const withoutUndefined = (event: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined));

/** Names the function and, within it, the input's source: ids are unique per source only. */
export function derivedSource(inputSource: string, functionName: string): string {
  return `${inputSource}${inputSource.includes('#') ? '/' : '#'}${functionName}`;
}

/** Why it is no CloudEvent, or null. Checked here so that one bad output fails one event, not its whole batch. */
function attributeFault(event: Readonly<Record<string, unknown>>): string | null {
  for (const [name, value] of Object.entries(event)) {
    if (name === 'data' || name === 'data_base64') continue;
    if (!/^[a-z0-9]+$/.test(name)) return `attribute ${JSON.stringify(name)}: names are lower-case letters and digits`;
    const fits = typeof value === 'string' || typeof value === 'boolean' || Number.isInteger(value) || value === null;
    if (!fits) return `attribute ${name}: a value is text, a boolean or a whole number`;
  }
  for (const name of ['specversion', 'id', 'source', 'type']) {
    if (typeof event[name] !== 'string' || event[name] === '') return `attribute ${name} is empty or no text`;
  }
  return event.specversion === '1.0' ? null : `specversion is ${String(event.specversion)}, not 1.0`;
}
