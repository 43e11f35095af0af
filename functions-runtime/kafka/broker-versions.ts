/** Which versions of Kafka's calls this room speaks, and what a broker lacks of them. PURE. */

/** The calls a broker has to offer, by api key. Kafka 4.0 offers all of them. */
const neededVersions: readonly { readonly apiKey: number; readonly name: string; readonly version: number }[] = [
  { apiKey: 0, name: 'Produce', version: 11 },
  { apiKey: 1, name: 'Fetch', version: 17 },
  { apiKey: 2, name: 'ListOffsets', version: 9 },
  { apiKey: 3, name: 'Metadata', version: 12 },
  { apiKey: 8, name: 'OffsetCommit', version: 9 },
  { apiKey: 9, name: 'OffsetFetch', version: 9 },
  { apiKey: 10, name: 'FindCoordinator', version: 6 },
  { apiKey: 22, name: 'InitProducerId', version: 5 },
  { apiKey: 68, name: 'ConsumerGroupHeartbeat', version: 1 },
  { apiKey: 69, name: 'ConsumerGroupDescribe', version: 0 },
];

export interface OfferedVersions {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** Names of the calls that are missing, `Fetch v17` for example; empty when the broker will do. */
export function missingCalls(offered: readonly OfferedVersions[]): readonly string[] {
  const byKey = new Map(offered.map((api) => [api.apiKey, api]));
  return neededVersions
    .filter(({ apiKey, version }) => {
      const api = byKey.get(apiKey);
      return api === undefined || version < api.minVersion || version > api.maxVersion;
    })
    .map(({ name, version }) => `${name} v${version}`);
}
