/** Reads the coordinator's answer about a group's members. PURE. */
import { failed, ok } from './failures.ts';
import type { KafkaOutcome } from './ports.ts';
import { refusal } from './wire.ts';

export interface GroupInfo {
  readonly state: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly instanceId: string | null;
    readonly memberEpoch: number;
  }[];
}

interface DescribeAnswer {
  readonly groups: readonly {
    readonly errorCode: number;
    readonly errorMessage?: string | null | undefined;
    readonly groupState: string;
    readonly members: readonly {
      readonly memberId: string;
      readonly instanceId?: string | null | undefined;
      readonly memberEpoch: number;
    }[];
  }[];
}

export function readGroup(answer: DescribeAnswer, group: string): KafkaOutcome<GroupInfo> {
  const found = answer.groups[0];
  if (found === undefined) return failed('UNREADABLE_ANSWER', `group ${group}: not in the broker's answer`, false);
  const refused = refusal(found.errorCode, `group ${group}`, found.errorMessage);
  // A group that nobody ever joined has no members; that is no failure.
  if (refused?.code === 'GROUP_ID_NOT_FOUND') return ok({ state: 'Dead', members: [] });
  if (refused) return refused;
  const members = found.members.map(({ memberId, instanceId, memberEpoch }) => ({
    memberId,
    instanceId: instanceId ?? null,
    memberEpoch,
  }));
  return ok({ state: found.groupState, members });
}
