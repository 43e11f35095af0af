/** Broker addresses as users write them. PURE. */

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, an IPv6 host in brackets. Throws on anything else: it was to be checked when the binding was applied. */
export function parseAddress(text: string): BrokerAddress {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port < 1 || port > 65_535) {
    throw new TypeError(`bootstrap server "${text}" is not host:port: write for example kafka-0.kafka:9092`);
  }
  return { host, port };
}

export function addressText({ host, port }: BrokerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
