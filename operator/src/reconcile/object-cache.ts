/** The newest known objects of one kind, by namespace and name. */

interface Named {
  readonly metadata: { readonly namespace: string; readonly name: string };
}

export interface ReadCache<T> {
  get(namespace: string, name: string): T | undefined;
  /** In no particular order. */
  in(namespace: string): readonly T[];
  all(): readonly T[];
  namespaces(): readonly string[];
}

export class ObjectCache<T extends Named> implements ReadCache<T> {
  readonly #byNamespace = new Map<string, Map<string, T>>();

  get(namespace: string, name: string): T | undefined {
    return this.#byNamespace.get(namespace)?.get(name);
  }

  in(namespace: string): readonly T[] {
    return [...(this.#byNamespace.get(namespace)?.values() ?? [])];
  }

  all(): readonly T[] {
    return [...this.#byNamespace.values()].flatMap((objects) => [...objects.values()]);
  }

  namespaces(): readonly string[] {
    return [...this.#byNamespace.keys()];
  }

  put(object: T): void {
    const { namespace, name } = object.metadata;
    let objects = this.#byNamespace.get(namespace);
    if (objects === undefined) {
      objects = new Map();
      this.#byNamespace.set(namespace, objects);
    }
    objects.set(name, object);
  }

  remove(object: T): void {
    const { namespace, name } = object.metadata;
    const objects = this.#byNamespace.get(namespace);
    objects?.delete(name);
    if (objects?.size === 0) this.#byNamespace.delete(namespace);
  }
}
