// A cluster with Kafka, from nothing and back to nothing, whatever way it is made; one command at a time.
import { join } from 'node:path';
import { chooseWay } from './choose-way.ts';
import { makeCommands, removeCommands } from './environment.ts';
import { given } from './given.ts';
import { ensureKafka, kafkaInCluster } from './kafka.ts';
import { local } from './local.ts';
import { locked } from './lock.ts';
import { step } from './progress.ts';
import { type ClusterRecord, removeRecord, writeRecord } from './state.ts';
import { cacheRoot } from './versions.ts';

/** Not in the state folder, which `down` removes. */
const lockFile = join(cacheRoot, 'cluster.lock');
const waitAtMostMs = 45 * 60_000;

/** Idempotent; the record is written when all is ready. */
export function bringClusterUp(): Promise<ClusterRecord> {
  return locked(lockFile, waitAtMostMs, async () => {
    const way = await chooseWay();
    const ground = await way.up();
    const kafkaBootstrap = await ensureKafka(ground);
    await makeCommands();
    const record = {
      way: way.name,
      kubeconfig: ground.kubeconfig,
      kafkaBootstrap,
      kafkaBootstrapInCluster: kafkaInCluster,
    };
    await writeRecord(record);
    return record;
  });
}

/** Removes what `up` made, however far it came. A cluster that was given and one that was made are not mixed up. */
export function takeClusterDown(): Promise<void> {
  return locked(lockFile, waitAtMostMs, async () => {
    const way = await chooseWay();
    await step(`taking the cluster down (${way.name})`, () => way.down());
    await removeCommands();
    await removeRecord();
    // Nothing was asked to be kept: what another way left behind goes too.
    if (way !== given && way !== local) await local.down();
  });
}
