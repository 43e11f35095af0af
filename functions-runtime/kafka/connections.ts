/** Open connections to brokers for one purpose: at most one per broker and slot, opened anew when one breaks. */
import { addressText, type BrokerAddress } from './addresses.ts';
import { failed, ok } from './failures.ts';
import type { KafkaOutcome } from './ports.ts';
import { type Connection, openConnection, unanswered } from './wire.ts';

export interface ConnectionsOptions {
  /** An answer later than this breaks the connection, with everything that shares it. */
  readonly requestTimeoutMs: number;
  readonly connectTimeoutMs?: number;
  readonly maxInFlight?: number;
}

/**
 * A broker answers one connection in order, so each purpose has connections of its own: a waiting fetch must not hold
 * up a heartbeat, and a late answer must not break another's request.
 */
export class Connections {
  readonly #clientId: string;
  readonly #options: ConnectionsOptions;
  readonly #open = new Map<string, Promise<Connection>>();
  #closed = false;

  constructor(clientId: string, options: ConnectionsOptions) {
    this.#clientId = clientId;
    this.#options = options;
  }

  /** A connection that was alive a moment ago; `slot` tells several to the same broker apart. */
  async to(address: BrokerAddress, slot = 0): Promise<KafkaOutcome<Connection>> {
    const name = addressText(address);
    if (this.#closed) return failed('CLOSED', `connections to ${name} were closed by us`, false);
    const key = `${name}/${slot}`;
    try {
      const known = await this.#open.get(key);
      if (known?.isConnected()) return ok(known);
      if (known) this.#open.delete(key);
      const connection = await (this.#open.get(key) ?? this.#dial(key, address));
      return ok(connection);
    } catch (error) {
      return unanswered(error, name);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const all = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(all.map((opening) => opening.then(shut, () => {})));
  }

  #dial(key: string, address: BrokerAddress): Promise<Connection> {
    const opening = openConnection(this.#clientId, address, {
      connectTimeoutMs: this.#options.connectTimeoutMs ?? 5_000,
      requestTimeoutMs: this.#options.requestTimeoutMs,
      maxInFlight: this.#options.maxInFlight ?? 5,
    });
    this.#open.set(key, opening);
    const forget = () => {
      if (this.#open.get(key) === opening) this.#open.delete(key);
    };
    opening.then((connection) => connection.once('close', forget), forget);
    return opening;
  }
}

/** Cuts instead of waiting: a long poll would otherwise hold the end of the process up. */
function shut(connection: Connection): void {
  connection.socket?.destroy();
}
