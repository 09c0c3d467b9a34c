/** The images of the session: loaded once, kept, and drawn at their size on the screen before their onset. */

import type { Layout } from "./geometry";

/** Waits between attempts to load an image. */
const RETRY_MS = [500, 1000, 2000, 4000, 8000];

export class Images {
  /** Width and height of each image, once `loadAll` is done. */
  sizesPx: [number, number][] = [];

  private readonly loaded = new Map<string, Promise<HTMLImageElement>>();

  /** @param maskAddress Address of the noise that masks images; null: there is none. */
  constructor(
    readonly addresses: string[],
    readonly maskAddress: string | null,
  ) {}

  /** Load and decode all images; their elements are kept, so the browser keeps their data, too. */
  async loadAll(): Promise<void> {
    if (this.maskAddress) await this.load(this.maskAddress);
    const pictures = await Promise.all(this.addresses.map((address) => this.load(address)));
    this.sizesPx = pictures.map((picture) => [picture.naturalWidth, picture.naturalHeight]);
  }

  /**
   * Draw an image in device pixels. A whole factor repeats pixels, so that the image is what the networks saw;
   * any other size is interpolated. The canvas has its pixels when this returns, so showing it takes no time.
   */
  async draw(image: number, layout: Layout): Promise<HTMLCanvasElement> {
    const picture = await this.load(this.addresses[image] as string);
    const [canvas, context] = blank(layout.widthsPx[image] as number, layout.heightPx);
    context.imageSmoothingEnabled = layout.factor === null;
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return canvas;
  }

  /** Draw a mask: the noise from another point on each time, as it continues at its edges. */
  async drawMask(width: number, height: number, number: number): Promise<HTMLCanvasElement> {
    const noise = await this.load(this.maskAddress as string);
    const [canvas, context] = blank(width, height);
    const side = Math.max(width, height, noise.naturalWidth);
    const left = -((197 * number) % side);
    const top = -((89 * number) % side);
    for (const x of [left, left + side]) {
      for (const y of [top, top + side]) context.drawImage(noise, x, y, side, side);
    }
    return canvas;
  }

  private load(address: string): Promise<HTMLImageElement> {
    const loading = this.loaded.get(address) ?? tryToLoad(address);
    this.loaded.set(address, loading);
    return loading;
  }
}

async function tryToLoad(address: string): Promise<HTMLImageElement> {
  for (let attempt = 0; ; attempt += 1) {
    const picture = new Image();
    picture.src = address;
    try {
      await picture.decode();
      return picture;
    } catch {
      // No connection: what was loaded before needs none.
      const pause_ms = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)];
      await new Promise((resolve) => setTimeout(resolve, pause_ms));
    }
  }
}

function blank(width: number, height: number): [HTMLCanvasElement, CanvasRenderingContext2D] {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return [canvas, canvas.getContext("2d") as CanvasRenderingContext2D];
}
