// The command line tools of Kafka, each a script of two lines over the jars.

const java = 'org.apache.kafka.tools';

/** Command → the class that is run. */
export const kafkaTools: Readonly<Record<string, string>> = {
  'kafka-acls': 'kafka.admin.AclCommand',
  'kafka-broker-api-versions': `${java}.BrokerApiVersionsCommand`,
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-console-consumer': `${java}.consumer.ConsoleConsumer`,
  'kafka-console-producer': `${java}.ConsoleProducer`,
  'kafka-consumer-groups': `${java}.consumer.group.ConsumerGroupCommand`,
  'kafka-consumer-perf-test': `${java}.ConsumerPerformance`,
  'kafka-delete-records': `${java}.DeleteRecordsCommand`,
  'kafka-get-offsets': `${java}.GetOffsetShell`,
  'kafka-groups': `${java}.GroupsCommand`,
  'kafka-producer-perf-test': `${java}.ProducerPerformance`,
  'kafka-topics': `${java}.TopicCommand`,
};

/** The script of one tool. Its Java starts quickly rather than runs quickly. */
export function toolScript(javaPath: string, libs: string, mainClass: string): string {
  const options = '-Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto';
  const logging = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error';
  return `#!/bin/sh\nexec ${quoted(javaPath)} ${options} ${logging} -cp ${quoted(`${libs}/*`)} ${mainClass} "$@"\n`;
}

/** One word of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
