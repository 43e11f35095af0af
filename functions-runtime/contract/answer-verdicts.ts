/** The verdicts in a 2xx answer: nothing, our result document, CloudEvents, or Lambda's list of failures. */
import type { OutputEvent, RecordVerdict } from './answer.ts';
import { batchContentType, eventContentType, resultContentType } from './call.ts';
import { isJsonType, mediaType, structuredFault } from './cloudevent-rules.ts';
import { exactJsonValue, isJsonObject, utf8Text } from './json-text.ts';

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

export interface AskedCall {
  /** The events of the call, in order. */
  readonly eventIds: readonly string[];
  /** Unix time, for a `Retry-After` that names a date. */
  readonly atMs: number;
}

/** Longest reason that is kept of a result. */
const reasonChars = 500;

/** One verdict per event, or the contradiction in words. */
export function verdictsOf(answer: HttpAnswer, asked: AskedCall): readonly RecordVerdict[] | string {
  if (answer.headers['ce-specversion'] !== undefined) {
    const event = binaryEvent(answer);
    return typeof event === 'string' ? event : spread([event], asked);
  }
  if (answer.body.length === 0) return spread([], asked);
  const contentType = answer.headers['content-type'];
  const type = typeof contentType === 'string' ? mediaType(contentType) : '';
  const declared = type === resultContentType || type.startsWith('application/cloudevents');
  if (!declared) return undeclared(answer.body, type, asked);
  const encoding = answer.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return 'the answer is compressed, which was not asked for';
  const text = utf8Text(answer.body);
  const parsed = text === null ? null : exactJsonValue(text);
  if (!parsed) return `the answer says ${type} but is no UTF-8 JSON`;
  if (type === resultContentType) return results(parsed.value, asked);
  if (type === eventContentType) return checkedEvents([parsed.value], asked);
  if (type !== batchContentType) return `answers of type ${type} are not understood`;
  return Array.isArray(parsed.value) ? checkedEvents(parsed.value, asked) : 'the batch is not a JSON array';
}

/** A body that declares nothing is no result, except Lambda's list, which comes as plain JSON. */
function undeclared(body: Buffer, type: string, asked: AskedCall): readonly RecordVerdict[] | string {
  if (!isJsonType(type) || !body.includes('"batchItemFailures"')) return spread([], asked);
  const text = utf8Text(body);
  const parsed = text === null ? null : exactJsonValue(text);
  if (!parsed) return 'the list of batchItemFailures is no UTF-8 JSON';
  if (!isJsonObject(parsed.value) || !Object.hasOwn(parsed.value, 'batchItemFailures')) return spread([], asked);
  return itemFailures(parsed.value.batchItemFailures, asked);
}

function itemFailures(list: unknown, asked: AskedCall): readonly RecordVerdict[] | string {
  if (list === null) return spread([], asked);
  if (!Array.isArray(list)) return 'batchItemFailures is not a list';
  if (list.length > asked.eventIds.length) return 'more batchItemFailures than events';
  const known = new Set(asked.eventIds);
  const failed = new Set<string>();
  for (const item of list as unknown[]) {
    const id = isJsonObject(item) ? item.itemIdentifier : undefined;
    if (typeof id !== 'string' || !known.has(id)) return `batchItemFailures names an unknown item: ${brief(id)}`;
    if (failed.has(id)) return `batchItemFailures names an item twice: ${brief(id)}`;
    failed.add(id);
  }
  return asked.eventIds.map((id) =>
    failed.has(id) ? { kind: 'retry', reason: 'listed in batchItemFailures' } : { kind: 'ok', outputs: [] },
  );
}

function results(document: unknown, asked: AskedCall): readonly RecordVerdict[] | string {
  const list = isJsonObject(document) ? document.results : undefined;
  if (!Array.isArray(list)) return 'the result document has no list of results';
  if (list.length !== asked.eventIds.length) return `${list.length} results for ${asked.eventIds.length} events`;
  const verdicts: RecordVerdict[] = [];
  for (const [index, result] of (list as unknown[]).entries()) {
    const verdict = resultVerdict(result);
    if (typeof verdict === 'string') return `result ${index}: ${verdict}`;
    // Else a call without any attempt could repeat for ever.
    const isFounded = verdict.kind !== 'retry' || !verdict.notRun || verdicts.some(({ kind }) => kind === 'retry');
    if (!isFounded) return `result ${index}: not-run, and no event before it failed`;
    verdicts.push(verdict);
  }
  return verdicts;
}

function resultVerdict(result: unknown): RecordVerdict | string {
  if (!isJsonObject(result)) return 'not an object';
  const outputs = result.outputs ?? [];
  if (!Array.isArray(outputs)) return 'outputs is not a list';
  const fault = firstFault(outputs);
  if (fault !== null) return fault;
  const reason = typeof result.reason === 'string' ? result.reason.slice(0, reasonChars) : 'no reason given';
  switch (result.status) {
    case 'ok':
      return { kind: 'ok', outputs: outputs as OutputEvent[] };
    case 'retry':
    case 'reject':
    case 'not-run':
      if (outputs.length > 0) return `outputs together with status ${result.status}`;
      if (result.status !== 'not-run') return { kind: result.status, reason };
      return { kind: 'retry', reason: 'not run: an event before it failed', notRun: true };
    default:
      return `unknown status ${brief(result.status)}`;
  }
}

function checkedEvents(events: readonly unknown[], asked: AskedCall): readonly RecordVerdict[] | string {
  return firstFault(events) ?? spread(events as readonly OutputEvent[], asked);
}

function firstFault(events: readonly unknown[]): string | null {
  for (const [index, event] of events.entries()) {
    const fault = structuredFault(event);
    if (fault) return `output ${index}: ${fault.detail}`;
  }
  return null;
}

/** Everything is acknowledged. An output belongs to the event that its `causationid` names, else to the last one, after which all are done. */
function spread(events: readonly OutputEvent[], asked: AskedCall): readonly RecordVerdict[] {
  if (events.length === 0) return asked.eventIds.map(() => okWithoutOutputs);
  const outputs: OutputEvent[][] = asked.eventIds.map(() => []);
  for (const event of events) {
    const cause = asked.eventIds.indexOf(String(event.causationid));
    outputs.at(cause)?.push(event);
  }
  return outputs.map((list) => ({ kind: 'ok', outputs: list }));
}

const okWithoutOutputs: RecordVerdict = { kind: 'ok', outputs: [] };

/** An event in HTTP's binary mode, or what is wrong with it. */
function binaryEvent(answer: HttpAnswer): OutputEvent | string {
  const event: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    if (!name.startsWith('ce-')) continue;
    if (typeof value !== 'string') return `header ${name} came twice`;
    event[name.slice(3)] = decodedHeader(value);
  }
  const contentType = answer.headers['content-type'];
  if (typeof contentType === 'string') event.datacontenttype = contentType;
  if (answer.body.length > 0) {
    const text = contentType === undefined || isJsonType(String(contentType)) ? utf8Text(answer.body) : null;
    const parsed = text === null ? null : exactJsonValue(text);
    if (parsed) event.data = parsed.value;
    else event.data_base64 = answer.body.toString('base64');
  }
  return structuredFault(event)?.detail ?? event;
}

/** Percent-encoded UTF-8, as the CloudEvents HTTP binding says; damaged encoding is taken literally. */
function decodedHeader(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

const brief = (value: unknown): string => JSON.stringify(value)?.slice(0, 100) ?? 'none';
