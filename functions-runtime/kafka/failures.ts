/** How an answer of Kafka becomes an outcome: builders of `KafkaOutcome` and the error names that ask for another broker. PURE. */
import type { KafkaFailure, KafkaOutcome } from './ports.ts';

export function ok<T>(value: T): KafkaOutcome<T> {
  return { kind: 'ok', value };
}

export function failed(code: string, message: string, retriable: boolean): KafkaFailure {
  return { kind: 'failed', code, message, retriable };
}

/** The broker did not answer: it may or may not have done what was asked. */
export const unansweredCodes: ReadonlySet<string> = new Set(['BROKER_UNREACHABLE', 'REQUEST_TIMEOUT']);

/** The partition is led elsewhere, or the broker does not know it (yet): look the leader up again. */
const movedLeader: ReadonlySet<string> = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
  'KAFKA_STORAGE_ERROR',
  'REPLICA_NOT_AVAILABLE',
  ...unansweredCodes,
]);

/** The group is coordinated elsewhere: look the coordinator up again. */
const movedCoordinator: ReadonlySet<string> = new Set([
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
  ...unansweredCodes,
]);

export function asksForLeader(failure: KafkaFailure): boolean {
  return movedLeader.has(failure.code);
}

export function asksForCoordinator(failure: KafkaFailure): boolean {
  return movedCoordinator.has(failure.code);
}
