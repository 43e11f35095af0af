/** Paths, headers and media types of a call, as literals: a host imports nothing of ours, the contract's vectors hold it to them. */

export const invokePath = '/';
export const announcePath = '/headrace/v1/epochs';
export const livePath = '/headrace/livez';
export const readyPath = '/headrace/readyz';
export const metricsPath = '/metrics';

export const batchType = 'application/cloudevents-batch+json';
export const eventType = 'application/cloudevents+json';
export const resultType = 'application/vnd.headrace.results+json';
export const jsonType = 'application/json';

export const callHeaders = {
  binding: 'headrace-binding',
  topic: 'headrace-topic',
  partition: 'headrace-partition',
  offsets: 'headrace-offsets',
  epoch: 'headrace-epoch',
  attempt: 'headrace-attempt',
  deadline: 'headrace-deadline',
  idempotencyKey: 'idempotency-key',
} as const;

export const waitedHeader = 'headrace-waited';
export const refusedHeader = 'headrace-refused';
export const refusalStatus = { stale: 409, late: 408, busy: 423, unauthorized: 401, 'too-large': 413 } as const;
export type Refusal = keyof typeof refusalStatus;
