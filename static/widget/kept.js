// Storage that always works: the browser's where it allows it, else memory that lasts as long as the page.
export function memory() {
  const map = new Map();
  return {
    get length() { return map.size; },
    key: (i) => [...map.keys()][i] ?? null,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => { map.set(key, String(value)); },
    removeItem: (key) => { map.delete(key); },
  };
}

// find: () => localStorage; the mere look at it throws where third-party storage is blocked.
export function storage(find) {
  try {
    const store = find();
    store.setItem("chatdesk.probe", "1");
    store.removeItem("chatdesk.probe");
    return { store, persistent: true };
  } catch {
    return { store: memory(), persistent: false };
  }
}

export function removeAll(store, prefix) {
  const keys = Array.from({ length: store.length }, (_, i) => store.key(i));
  for (const key of keys) if (key?.startsWith(prefix)) store.removeItem(key);
}
