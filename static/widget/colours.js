// A brand gives one colour. From it come a fill, the text on it, a text colour and a soft ground, each
// of which can be read: 3:1 for the fill against the surface, 4.5:1 for every text, and 7:1 for the
// brand's own words on the surface.
const FILL_RATIO = 3;
const TEXT_RATIO = 4.5;
const WORDS_RATIO = 7;
const STEP = 0.02;
const WHITE = [255, 255, 255];
const BLACK = [0, 0, 0];
const INK = [20, 23, 28];
const FALLBACK = [11, 107, 102];

export const SURFACE = { light: [255, 255, 255], dark: [21, 25, 31] };
const SOFT_SHARE = { light: 0.12, dark: 0.28 };

export function parse(hex) {
  const found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(hex ?? "");
  return found ? found.slice(1).map((pair) => parseInt(pair, 16)) : FALLBACK;
}

export function written(colour) {
  return `#${colour.map((channel) => Math.round(channel).toString(16).padStart(2, "0")).join("")}`.toUpperCase();
}

function luminance(colour) {
  const [r, g, b] = colour.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

// The contrast ratio of WCAG, 1 to 21.
export function contrast(a, b) {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function mix(from, to, share) {
  return from.map((channel, i) => Math.round(channel + (to[i] - channel) * share));
}

// The first colour on the way to black or white that fits.
function moved(colour, to, fits) {
  for (let share = 0; share < 1; share += STEP) {
    const tried = mix(colour, to, share);
    if (fits(tried)) return tried;
  }
  return to;
}

// scheme: "light" or "dark". The result names colours as #RRGGBB.
export function derive(hex, scheme) {
  const surface = SURFACE[scheme];
  const away = scheme === "dark" ? WHITE : BLACK;
  const readable = (fill) => contrast(WHITE, fill) >= TEXT_RATIO || contrast(INK, fill) >= TEXT_RATIO;
  const fill = moved(parse(hex), away, (tried) => contrast(tried, surface) >= FILL_RATIO && readable(tried));
  const on = contrast(WHITE, fill) >= TEXT_RATIO ? WHITE : INK;
  const soft = mix(surface, fill, SOFT_SHARE[scheme]);
  const text = moved(fill, away, (tried) => contrast(tried, surface) >= WORDS_RATIO && contrast(tried, soft) >= TEXT_RATIO);
  // Away from the text that stands on it, so that hovering never costs contrast.
  const hover = mix(fill, on === WHITE ? BLACK : WHITE, 0.14);
  return { fill: written(fill), hover: written(hover), on: written(on), text: written(text), soft: written(soft) };
}
