/** One call to a function over HTTP: paths, header names and refusals that invoker, hosts and tests share. See call.md for host authors. */

/** A batch of events: POST, `application/cloudevents-batch+json`. Also takes one `application/cloudevents+json` or binary-mode event. */
export const invokePath = '/';
/** POST `{"binding": "ns/name", "epochs": {"<partition>": <epoch>}}`: the highest epoch seen wins; 204. */
export const announcePath = '/headrace/v1/epochs';
export const livePath = '/headrace/livez';
export const readyPath = '/headrace/readyz';
export const functionPort = 8080;

export const batchContentType = 'application/cloudevents-batch+json';
export const eventContentType = 'application/cloudevents+json';
/**
 * Our result document: `{"results": [{"status": "ok"|"retry"|"reject"|"not-run", "outputs"?: CloudEvent[], "reason"?: string}, …]}`, one per event, in
 * order. `not-run` only behind a `retry`: the function was not given this event because one before it failed.
 */
export const resultContentType = 'application/vnd.headrace.results+json';

/** Request headers. Position, attempt, epoch and deadline travel here, never inside users' events. */
export const callHeaders = {
  /** `namespace/name` of the StreamBinding. */
  binding: 'headrace-binding',
  topic: 'headrace-topic',
  partition: 'headrace-partition',
  /** Offsets of the events, as ascending ranges: `4-9,11,13-20`; `4,...,20` where the list would be too long for a header. */
  offsets: 'headrace-offsets',
  /** Ownership epoch of this partition (integer, strictly increasing per take-over). */
  epoch: 'headrace-epoch',
  /** 1 for the first attempt. */
  attempt: 'headrace-attempt',
  /** Absolute Unix time in ms after which the host must not start, and must abort, the call. */
  deadline: 'headrace-deadline',
  /** Same on every attempt of the same records: `<topicId>/<partition>/<first>-<last>`. */
  idempotencyKey: 'idempotency-key',
} as const;

/**
 * Calls carry `authorization: Bearer` with a token of the invoker's service account, which the cluster signs for this audience alone: nobody
 * else may call a function of ours, and no function can use the token elsewhere.
 */
export const callAudience = (namespace: string, functionName: string): string =>
  `${functionName}.${namespace}.functions.headrace.dev`;
/** Where the invoker finds its token; the kubelet writes it anew before it ends. */
export const callTokenFile = '/var/run/secrets/headrace.dev/call/token';
export const callTokenSeconds = 3_600;
/** Where a host finds the cluster's keys (JWKS). */
export const callersKeysFile = '/etc/headrace/callers/keys.json';

/** Response header: how long the call waited for a free slot before the function got it, in ms. Absent: not at all. */
export const waitedHeader = 'headrace-waited';
/** Response header that marks a refusal by the host: not the records' fault, never an attempt. */
export const refusedHeader = 'headrace-refused';
export type Refusal = 'stale' | 'late' | 'busy' | 'unauthorized' | 'too-large';
/** The status code that goes with each refusal of our hosts. */
export const refusalStatus: Readonly<Record<Refusal, number>> = {
  stale: 409,
  late: 408,
  busy: 423,
  unauthorized: 401,
  'too-large': 413,
};
