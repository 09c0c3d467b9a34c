/** What a study requires of browser and device; who does not meet it learns so before consent. */

import type { Requirements } from "./plan";

/** What jsPsych's browser check finds out. */
export interface Features {
  width: number;
  height: number;
  browser: string | null;
  browser_version: string | null;
  mobile: boolean;
  os: string | null;
  fullscreen: boolean;
}

export interface Device extends Features {
  touch: boolean;
  screen_px: [number, number];
}

export interface Reason {
  /** As it is reported; `screened_out_…` is the text that says it. */
  name: "keyboard" | "phone" | "screen" | "browser";
  values: Record<string, string | number>;
}

/** Names of one browser on different systems, as jsPsych's browser check reports them. */
const FAMILIES: Record<string, string> = {
  crios: "chrome",
  "chromium-webview": "chrome",
  "edge-chromium": "edge",
  "edge-ios": "edge",
  fxios: "firefox",
  ios: "safari",
  "ios-webview": "safari",
};

export function family(browser: string | null): string {
  return FAMILIES[browser ?? ""] ?? browser ?? "unknown";
}

/** Return why a device does not meet what the study requires; null: it does. */
export function unmet(require: Requirements, device: Device): Reason | null {
  if (device.mobile && !require.phones) return { name: "phone", values: {} };
  if (device.touch && require.keyboard) return { name: "keyboard", values: {} };
  if (require.browsers.length && !require.browsers.includes(family(device.browser))) {
    return { name: "browser", values: { browsers: require.browsers.join(", ") } };
  }
  if (require.min_screen_px) {
    const [width, height] = require.min_screen_px;
    const small = device.screen_px[0] < width || device.screen_px[1] < height;
    if (small) return { name: "screen", values: { width_px: width, height_px: height } };
  }
  return null;
}
