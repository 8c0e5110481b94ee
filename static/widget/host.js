// The wire to the loader in the casino's page: one port, handed over once per page by a window whose
// origin the brand has allowed. Opened on its own, the widget serves without a host.
const MARK = "chatdesk";

export function connect({ origins, heard }) {
  let port = null;
  const waiting = [];
  const own = new Set([...origins, location.origin]);
  if (window.parent === window) {
    queueMicrotask(() => heard({ t: "start", open: true }));
  } else {
    window.addEventListener("message", (event) => {
      if (event.source !== window.parent || !own.has(event.origin)) return;
      if (event.data?.[MARK] !== 1 || !event.ports[0] || port) return;
      port = event.ports[0];
      port.onmessage = (message) => heard(message.data ?? {});
      heard({ ...event.data, t: "start" });
      for (const one of waiting.splice(0)) port.postMessage(one);
    });
  }
  return {
    alone: window.parent === window,
    tell(message) {
      if (port) port.postMessage(message);
      else waiting.push(message);
    },
  };
}
