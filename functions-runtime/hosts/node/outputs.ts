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
  delete event.data;
  if (data instanceof Uint8Array && event.data_base64 === undefined) {
    event.data_base64 = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
    return structured(event, undefined);
  }
  if (data !== undefined) event.datacontenttype ??= 'application/json';
  return structured(event, data);
}

function structured(attributes: Readonly<Record<string, unknown>>, data: unknown): OutputText {
  const fault = attributeFault(attributes) ?? base64Fault(attributes.data_base64, data);
  if (fault !== null) return { kind: 'unfit', detail: fault };
  const json = JSON.stringify(attributes);
  if (data === undefined) return { kind: 'text', json };
  try {
    const dataJson = JSON.stringify(data) as string | undefined;
    // Of a function or a symbol; left out without a word it would be lost.
    if (dataJson === undefined) return { kind: 'unfit', detail: `a ${typeof data} is no data` };
    return { kind: 'text', json: `${json.slice(0, -1)},"data":${dataJson}}` };
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

/** What a text attribute must not hold, by the CloudEvents type system. */
const forbidden = /\p{Cc}|\p{Cs}|\p{Noncharacter_Code_Point}/u;

/** Why it is no CloudEvent, or null. Checked here so that one bad output fails one event, not its whole batch. */
function attributeFault(attributes: Readonly<Record<string, unknown>>): string | null {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'data_base64') continue;
    if (!/^[a-z0-9]+$/.test(name)) return `attribute ${JSON.stringify(name)}: names are lower-case letters and digits`;
    const fits = typeof value === 'string' || typeof value === 'boolean' || Number.isInteger(value) || value === null;
    if (!fits) return `attribute ${name}: a value is text, a boolean or a whole number`;
    if (typeof value === 'string' && forbidden.test(value)) return `attribute ${name}: a character that is no text`;
  }
  for (const name of ['specversion', 'id', 'source', 'type']) {
    if (typeof attributes[name] !== 'string' || attributes[name] === '') return `attribute ${name} is empty or no text`;
  }
  return attributes.specversion === '1.0' ? null : `specversion is ${String(attributes.specversion)}, not 1.0`;
}

function base64Fault(base64: unknown, data: unknown): string | null {
  if (base64 === undefined || base64 === null) return null;
  if (data !== undefined) return 'data and data_base64 are both there';
  const fits = typeof base64 === 'string' && base64.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(base64);
  return fits ? null : 'data_base64 is not Base64';
}
