/** The browser's storage, or memory where the participant has forbidden storage: then a reload loses unsent events. */

import type { Store } from "./events";

export function openStorage(): Store {
  try {
    const storage = window.localStorage;
    storage.setItem("tricky:test", "");
    storage.removeItem("tricky:test");
    return storage;
  } catch {
    return new MemoryStore();
  }
}

class MemoryStore implements Store {
  private readonly content = new Map<string, string>();

  get length(): number {
    return this.content.size;
  }

  key(place: number): string | null {
    return [...this.content.keys()][place] ?? null;
  }

  getItem(name: string): string | null {
    return this.content.get(name) ?? null;
  }

  setItem(name: string, value: string): void {
    this.content.set(name, value);
  }

  removeItem(name: string): void {
    this.content.delete(name);
  }
}
