/** The one door to the Kafka client: its wire calls by name, and how their answers are read. */
import {
  type API,
  AuthenticationError,
  apiVersionsV3,
  Connection,
  compressionsAlgorithms,
  consumerGroupDescribeV0,
  consumerGroupHeartbeatV1,
  crc32c,
  createAPI,
  fetchV17,
  findCoordinatorV6,
  initProducerIdV5,
  listOffsetsV9,
  type MessageRecord,
  metadataV12,
  NumericMap,
  offsetCommitV9,
  offsetFetchV9,
  produceV11,
  protocolErrors,
  protocolErrorsCodesById,
  ResponseError,
  TimeoutError,
  UserError,
} from '@platformatic/kafka';
import { addressText, type BrokerAddress } from './addresses.ts';
import { failed } from './failures.ts';
import { type FetchAnswer, readFetchAnswer } from './fetch-answer.ts';
import type { KafkaFailure } from './ports.ts';

export type { MessageRecord };
export { Connection, crc32c, NumericMap };

export const decompressSnappy: (data: Buffer) => Buffer = compressionsAlgorithms.snappy.decompressSync;
export const decompressLz4Frame: (data: Buffer) => Buffer = compressionsAlgorithms.lz4.decompressSync;

type FetchV17Request = Parameters<typeof fetchV17.createRequest>;

/** The wire calls that this room makes; each has its row in the conformance run. */
export const wire = {
  apiVersions: apiVersionsV3.api,
  metadata: metadataV12.api,
  findCoordinator: findCoordinatorV6.api,
  heartbeat: consumerGroupHeartbeatV1.api,
  describeGroup: consumerGroupDescribeV0.api,
  commitOffsets: offsetCommitV9.api,
  fetchOffsets: offsetFetchV9.api,
  listOffsets: listOffsetsV9.api,
  /** The client's request with a reader of our own for the answer. */
  fetch: createAPI<FetchV17Request, FetchAnswer>(1, 17, fetchV17.createRequest, readFetchAnswer),
  produce: produceV11.api,
  initProducerId: initProducerIdV5.api,
};

/** `answered`: the broker's whole answer, error codes inside included. `failed`: none came, or none that can be read. */
export type WireAnswer<R> = { readonly kind: 'answered'; readonly response: R } | KafkaFailure;

/**
 * Makes one call on one connection. The client rejects when any code inside an answer is an error, so that one bad
 * partition would hide the good ones: the answer is taken back out of the rejection.
 */
export async function ask<Args extends unknown[], R>(
  api: API<Args, R>,
  connection: Connection,
  ...args: Args
): Promise<WireAnswer<R>> {
  try {
    return { kind: 'answered', response: await api.async(connection, ...args) };
  } catch (error) {
    if (error instanceof ResponseError && error.response !== undefined) {
      return { kind: 'answered', response: error.response as R };
    }
    return unanswered(error, addressText({ host: connection.host ?? '?', port: connection.port ?? 0 }));
  }
}

/** The failure that an error code in an answer stands for; undefined for 0. `what` names the request and its object. */
export function refusal(errorCode: number, what: string, detail?: string | null): KafkaFailure | undefined {
  if (errorCode === 0) return undefined;
  const name = protocolErrorsCodesById[errorCode];
  const definition = name === undefined ? undefined : protocolErrors[name];
  if (name === undefined || definition === undefined) {
    return failed(`KAFKA_ERROR_${errorCode}`, `${what}: the broker answered error ${errorCode}`, false);
  }
  return failed(name, `${what}: ${name} (${detail ?? definition.message})`, definition.canRetry);
}

/** Opens a connection; rejects when that fails. */
export async function openConnection(
  clientId: string,
  address: BrokerAddress,
  options: { readonly connectTimeoutMs: number; readonly requestTimeoutMs: number; readonly maxInFlight: number },
): Promise<Connection> {
  const connection = new Connection(clientId, {
    connectTimeout: options.connectTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    maxInflights: options.maxInFlight,
  });
  // An emitter without this listener would end the process when a broker goes away; every caller hears of it by its call.
  connection.on('error', () => {});
  await connection.connect(address.host, address.port);
  return connection;
}

/** Why there is no (readable) answer from `address`. */
export function unanswered(error: unknown, address: string): KafkaFailure {
  const cause = rootCause(error);
  if (error instanceof AuthenticationError) {
    return failed('SASL_AUTHENTICATION_FAILED', `broker ${address} refused the credentials`, false);
  }
  if (error instanceof UserError) return failed('BROKER_UNREACHABLE', `broker ${address}: ${error.message}`, false);
  if (error instanceof TimeoutError) {
    return failed('REQUEST_TIMEOUT', `broker ${address} did not answer in time: ${error.message}`, true);
  }
  if (isNetworkError(error)) return failed('BROKER_UNREACHABLE', `broker ${address} cannot be reached: ${cause}`, true);
  return failed('UNREADABLE_ANSWER', `the answer of broker ${address} cannot be read: ${cause}`, false);
}

function isNetworkError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'PLT_KFK_NETWORK' || 'syscall' in error);
}

function rootCause(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause);
}
