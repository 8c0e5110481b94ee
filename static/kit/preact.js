// The one door to the vendored libraries: screens import from here and never from vendor/.
import { createElement, render, Fragment } from "../vendor/preact-kit/preact.js";
import htm from "../vendor/preact-kit/htm.js";

export { createElement as h, render, Fragment };
export const html = htm.bind(createElement);
export { useState, useEffect, useRef, useMemo, useCallback, useLayoutEffect } from "../vendor/preact-kit/hooks.js";
export { signal, computed, effect, batch, useSignal, useComputed } from "../vendor/preact-kit/signals.js";
