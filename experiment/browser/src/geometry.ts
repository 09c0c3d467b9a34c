/** Sizes and positions of the images of a trial: the rules of `experiment/screen/layout.py`. */

/** Distance between two images, in heights of an image; smaller only where the window is too narrow. */
const GAP = 0.5;
const SMALLEST_GAP = 0.12;
/** Share of the window's width that stays empty on either side. */
const MARGIN = 0.02;
/** A CSS pixel is the angle of a pixel at 96 dpi, seen from an arm's length (CSS Values and Units 3, 6.2). */
const CSS_PX_PER_MM = 96 / 25.4;
const ARM_MM = 711.2;

/** What is known about the size of a screen. */
export interface ScreenSize {
  method: "card" | "chinrest" | "unknown";
  /** CSS pixels per millimetre. */
  px_per_mm: number | null;
  distance_mm: number | null;
}

export const UNKNOWN_SIZE: ScreenSize = { method: "unknown", px_per_mm: null, distance_mm: null };

/** Return the length that spans an angle, centred on the line of sight, in CSS pixels. */
export function pixelsOf(angleDeg: number, size: ScreenSize): number {
  const mm = 2 * (size.distance_mm ?? ARM_MM) * Math.tan((angleDeg * Math.PI) / 360);
  return mm * (size.px_per_mm ?? CSS_PX_PER_MM);
}

/** Return the angle that a length spans, in degrees; null if the size of the screen is not known. */
export function angleOf(lengthPx: number, size: ScreenSize): number | null {
  if (size.px_per_mm === null || size.distance_mm === null) return null;
  return (360 / Math.PI) * Math.atan(lengthPx / size.px_per_mm / 2 / size.distance_mm);
}

export interface LayoutRequest {
  /** Height that the study asks for, in device pixels. */
  heightPx: number;
  /** Width and height of the window, in device pixels. */
  windowPx: [number, number];
  /** Height that question and keys need, above and below the images together, in device pixels. */
  reservedPx: number;
  /** Width and height of each image file. */
  sizesPx: [number, number][];
  /** Number of images in a trial. */
  nImages: number;
  scaling: "auto" | "integer" | "interpolated";
}

export interface Layout {
  /** Height of every image, in device pixels. */
  heightPx: number;
  /** Width of each image, by its number. */
  widthsPx: number[];
  /** From the window's middle to the centre of each image, to the right. */
  offsetsPx: number[];
  /** Device pixels per image pixel, if that is a whole number for all images; null: interpolated. */
  factor: number | null;
}

/** Place the images of a session; where they do not fit, they become smaller, which the apparatus records. */
export function layOut(request: LayoutRequest): Layout {
  const { windowPx, nImages, sizesPx } = request;
  const proportions = sizesPx.map(([width, height]) => width / height);
  const widest = nImages * Math.max(...proportions);
  const usable = windowPx[0] * (1 - 2 * MARGIN);
  const highest = (gap: number) =>
    Math.min(usable / (widest + (nImages - 1) * gap), windowPx[1] - request.reservedPx);
  let height = even(request.heightPx);
  let gap = GAP;
  if (height > highest(GAP)) {
    // Narrow windows: first the images move together, then they shrink.
    const room = nImages > 1 ? (usable / height - widest) / (nImages - 1) : GAP;
    gap = Math.min(GAP, Math.max(SMALLEST_GAP, room));
    height = Math.max(2, 2 * Math.floor(Math.min(height, highest(gap)) / 2));
  }
  let factor: number | null = null;
  if (request.scaling !== "interpolated") {
    factor = wholeFactor(height, highest(gap), sizesPx);
    if (factor !== null) height = factor * (sizesPx[0] as [number, number])[1];
  }
  const widths = sizesPx.map(([width], number) =>
    factor === null ? even(height * (proportions[number] as number)) : factor * width,
  );
  const halfStep = (Math.max(...widths) + gap * height) / 2;
  const offsets = Array.from({ length: nImages }, (_, place) =>
    halfToEven((2 * place + 1 - nImages) * halfStep),
  );
  return { heightPx: height, widthsPx: widths, offsetsPx: offsets, factor };
}

/** Return the whole factor that brings all images closest to the height, or null if there is none. */
function wholeFactor(height: number, highest: number, sizes: [number, number][]): number | null {
  const first = (sizes[0] as [number, number])[1];
  if (first > height || sizes.some((size) => size[1] !== first)) return null;
  // Images of even size lie on whole pixels.
  const step = sizes.some(([width, high]) => width % 2 || high % 2) ? 2 : 1;
  let factor = Math.max(step, step * halfToEven(height / first / step));
  while (factor * first > highest && factor > step) factor -= step;
  return factor * first > highest ? null : factor;
}

function even(length: number): number {
  return Math.max(2, 2 * halfToEven(length / 2));
}

/** Round as Python does, so that both give the same layout. */
function halfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
