/** What a member does about its static name and about a refused heartbeat. PURE. */

export interface NameHolder {
  readonly memberId: string;
  /** -2: it left and will return. */
  readonly memberEpoch: number;
}

export type NameStep =
  /** The name is free for us. */
  | 'join'
  /** Put its holder out first, in the holder's name: a dead one would keep it until its session is over. */
  | 'release'
  /** Another process took the name while we had it: it is the newer pod, and two must not put each other out for ever. */
  | 'replaced';

/**
 * `ours`: member ids that this process had. `wasMember`: it was a member under this name before. A process that starts
 * takes the name by force, for names are pods' and a pod's earlier process is over; one that comes back does not.
 */
export function nameStep(holder: NameHolder | undefined, ours: ReadonlySet<string>, wasMember: boolean): NameStep {
  if (holder === undefined) return 'join';
  const isOurs = ours.has(holder.memberId);
  // We never leave and join again: if our own id has left, somebody else made it leave.
  if (holder.memberEpoch === -2) return isOurs && wasMember ? 'replaced' : 'join';
  return isOurs || !wasMember ? 'release' : 'replaced';
}

export type RefusalStep =
  | { readonly step: 'again' }
  | { readonly step: 'rejoin'; readonly reason: 'fenced' | 'session-expired' }
  | { readonly step: 'replaced' };

export function refusalStep(code: string): RefusalStep {
  switch (code) {
    case 'UNKNOWN_MEMBER_ID':
      return { step: 'rejoin', reason: 'session-expired' };
    case 'FENCED_MEMBER_EPOCH':
    case 'STALE_MEMBER_EPOCH':
      return { step: 'rejoin', reason: 'fenced' };
    case 'FENCED_INSTANCE_ID':
      return { step: 'replaced' };
    default:
      return { step: 'again' };
  }
}

/** After this a drain is given up: the broker throws a member out that has not acknowledged within `rebalanceTimeoutMs`. */
export function drainLimitMs(rebalanceTimeoutMs: number, heartbeatIntervalMs: number): number {
  return Math.max(rebalanceTimeoutMs / 2, rebalanceTimeoutMs - 2 * heartbeatIntervalMs - 500);
}

/** A late answer must leave time for a second try within the session. */
export function heartbeatTimeoutMs(sessionTimeoutMs: number): number {
  return Math.min(10_000, Math.max(500, sessionTimeoutMs / 3));
}
