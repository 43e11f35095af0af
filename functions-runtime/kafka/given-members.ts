/** Test support: members of a group that note what happened to them, and can die without a word. */
import { randomUUID } from 'node:crypto';
import { connectCluster } from './cluster.ts';
import { WireMembership } from './membership.ts';
import type { KafkaFailure, LossReason, MembershipOptions } from './ports.ts';

export interface Note {
  readonly atMs: number;
  readonly what: 'gained' | 'revoked' | 'drained' | 'lost';
  readonly partition: number;
  readonly reason?: LossReason;
}

export interface GivenMember {
  readonly membership: WireMembership;
  readonly notes: Note[];
  readonly errors: KafkaFailure[];
  /** What a revocation waits for; at once unless set. */
  drain: (partition: number) => Promise<void>;
  /** As a process that is killed: its connections break, it says nothing and does nothing any more. */
  crash(): Promise<void>;
  /** Forgets the notes so far. */
  clear(): void;
  did(what: Note['what']): number[];
}

export const sessionTimeoutMs = 6_000;

export function newGroup(): string {
  return `group-${randomUUID()}`;
}

/** A member with a cluster connection of its own, beating each half second. */
export function givenMember(
  bootstrap: string,
  { group, topic, name, ...rest }: { group: string; topic: string; name: string } & Partial<MembershipOptions>,
): GivenMember {
  const cluster = connectCluster([bootstrap], name);
  const notes: Note[] = [];
  const errors: KafkaFailure[] = [];
  let crashed = false;
  const note = (what: Note['what'], partition: number, reason?: LossReason) => {
    if (!crashed) notes.push({ atMs: performance.now(), what, partition, ...(reason && { reason }) });
  };
  const options = { rebalanceTimeoutMs: 30_000, sessionTimeoutMs, heartbeatIntervalMs: 500, ...rest };
  const membership = new WireMembership(
    cluster,
    { group, topic, instanceId: name, ...options },
    {
      onGained: (partition) => note('gained', partition),
      onRevoked: async (partition) => {
        note('revoked', partition);
        await member.drain(partition);
        note('drained', partition);
      },
      onLost: (partitions, reason) => {
        for (const partition of partitions) note('lost', partition, reason);
      },
      onError: (failure) => errors.push(failure),
    },
  );
  const member: GivenMember = {
    membership,
    notes,
    errors,
    drain: () => Promise.resolve(),
    crash: () => {
      crashed = true;
      // Every later call answers CLOSED: to the group that is silence.
      return cluster.close();
    },
    clear: () => notes.splice(0),
    did: (what) => notes.filter((seen) => seen.what === what).map(({ partition }) => partition),
  };
  return member;
}
