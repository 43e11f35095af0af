/** Commits of a lane: offered whenever there is something new to remember, and what the broker is known to remember. */
import { type CommitMetadata, commitMetadataBytes, metadataMaxBytes } from '#contract/commit-metadata.ts';
import { coarser } from './attempts.ts';
import { backoffMs } from './backoff.ts';
import type { CoreEvent } from './events.ts';
import type { Lane, Turn } from './lanes.ts';

/** While the broker does not answer, so many offers are kept apart; the oldest are forgotten, and an answer to them confirms nothing. */
const mostOpenOffers = 64;
/** Above this part of the metadata's limit intake pauses: fewer open records, less to remember. */
const fullAbove = 0.75 * metadataMaxBytes;

export function metadataOf(lane: Lane, released: boolean): CommitMetadata {
  const { epoch, topicId, ledger, attempts } = lane;
  return {
    epoch,
    topicId,
    released,
    settledAbove: ledger.settledAbove(),
    attempts: attempts.runs((before, after) => ledger.adjacent(before, after), ledger.next),
  };
}

function isFull(metadata: CommitMetadata): boolean {
  if (metadata.attempts.length === 0 && metadata.settledAbove.length === 0) return false;
  return commitMetadataBytes(metadata) > fullAbove;
}

/** Attempts that do not fit one by one are remembered more coarsely rather than forgotten. */
export function fitted(metadata: CommitMetadata): CommitMetadata {
  let fits = metadata;
  while (fits.attempts.length > 1 && commitMetadataBytes(fits) > metadataMaxBytes) {
    fits = { ...fits, attempts: coarser(fits.attempts) };
  }
  return fits;
}

/** Offers a commit when the watermark moved or a failure is to be remembered. */
export function offerCommit(lane: Lane, turn: Turn): void {
  const { commits } = lane;
  const { watermark: offset } = lane.ledger;
  const { version } = lane.attempts;
  if (offset === commits.offered.offset && version === commits.offered.version) return;
  offerAgain(lane, turn);
}

function offerAgain(lane: Lane, turn: Turn): void {
  const { commits, partition, epoch } = lane;
  const offer = { offset: lane.ledger.watermark, version: lane.attempts.version };
  commits.offered = offer;
  commits.retryAtMs = null;
  const last = commits.offers.at(-1);
  if (last?.offset !== offer.offset || last.version !== offer.version) commits.offers.push(offer);
  const oldest = commits.offers[0];
  if (commits.offers.length > mostOpenOffers) {
    commits.offers = commits.offers.filter(({ offset }) => offset !== oldest?.offset);
  }
  const metadata = metadataOf(lane, false);
  commits.memoryFull = isFull(metadata);
  turn.emit({ kind: 'commit', partition, epoch, offset: offer.offset, metadata: fitted(metadata) });
}

/** True when the broker remembers every failed attempt: only then may a failed record be called again, else a crash would forget calls (D6). */
export function attemptsAreSaved(lane: Lane): boolean {
  return lane.commits.savedVersion === lane.attempts.version;
}

export function onCommitted(lane: Lane, event: Extract<CoreEvent, { kind: 'committed' }>, turn: Turn): void {
  const { commits } = lane;
  switch (event.outcome) {
    case 'ok': {
      commits.failures = 0;
      commits.savedOffset = Math.max(commits.savedOffset, event.offset);
      // An answer names only the offset. Of several offers with that offset the oldest is believed, and the newest is offered again.
      const index = commits.offers.findIndex(({ offset }) => offset === event.offset);
      const confirmed = commits.offers.splice(0, index + 1).at(-1);
      commits.savedVersion = Math.max(commits.savedVersion, confirmed?.version ?? 0);
      if (commits.offered.offset === event.offset && !attemptsAreSaved(lane)) offerAgain(lane, turn);
      return;
    }
    // Refused: the membership moved on under the request. Should the partition still be ours, what holds now is offered, never what was sent.
    case 'refused':
    case 'failed':
      commits.failures += 1;
      commits.retryAtMs = turn.atMs + backoffMs(turn.settings.retry, commits.failures, turn.settings.random);
      return;
  }
}

export function retryCommit(lane: Lane, turn: Turn): void {
  if (lane.commits.retryAtMs !== null && turn.atMs >= lane.commits.retryAtMs) offerAgain(lane, turn);
}
