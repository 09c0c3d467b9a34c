/** The plan of one participant's session, as Python draws it (`experiment/online/client_plan.py`). */

export interface Key {
  /** `KeyboardEvent.key`, a single letter in small; null: the key is known by its place only. */
  key: string | null;
  /** `KeyboardEvent.code`; null: the key is known by what it types. */
  code: string | null;
  /** Label on the picture of the key. */
  cap: string;
}

export interface Option {
  value: string;
  /** Empty where the place of the key is enough. */
  label: string;
  keys: Key[];
}

export interface Ask {
  name: string;
  text: string;
  kind: "choice" | "rating" | "confidence";
  /** Whether the answers are the places of the images. */
  by_place: boolean;
  from_s: number;
  deadline_s: number | null;
  options: Option[];
}

export interface Page {
  title: string;
  body: string[];
  prompt: string;
  /** A paragraph for participants without a keyboard. */
  touch?: string | null;
}

export interface PlannedTrial {
  index: number;
  block: "practice" | "main";
  /** Numbers of the images, from left to right. */
  images: number[];
  /** Only in practice, for the feedback. */
  right_answer: string | null;
  /** What is said about the answer; null: nothing. */
  feedback: null | { right: string; wrong: string } | { either: string };
}

export interface Field {
  name: string;
  question: string;
  type: "integer" | "number" | "text" | "choice";
  choices: string[];
  units: string | null;
  required: boolean;
}

export interface Presentation {
  image_frames: number | null;
  image_ms: number | null;
  mask_ms: number;
  fixation_ms: number | null;
}

export interface Requirements {
  keyboard: boolean;
  phones: boolean;
  min_screen_px: [number, number] | null;
  /** Empty: all. */
  browsers: string[];
  full_screen: boolean;
  size: "card" | "chinrest" | "none";
}

/** How the session ended, and where the participant goes from here. */
export interface Closed {
  kind: "complete" | "screened_out" | "no_consent";
  code: string | null;
  url: string | null;
}

export interface State {
  next_seq: number;
  agreed: boolean;
  fields_done: boolean;
  /** Trials in the session table. */
  n_done: number;
  /** Rounds of the practice so far, interrupted ones included: whether each answer was right. */
  practice_rounds: boolean[][];
  /** Names of the questions after the last trial that are answered. */
  answered: string[];
  elapsed_s: number;
  closed: Closed | null;
}

export interface Plan {
  schema: number;
  study: string;
  slot: string;
  language: string;
  preview: boolean;
  task: string;
  /** Whether the images disappear before an answer is given. */
  limited: boolean;
  /** Whether answers can be right or wrong. */
  feedback: boolean;
  asks: Ask[];
  questions: Ask[];
  trials: PlannedTrial[];
  n_images: number;
  /** Whether images are followed by a mask. */
  mask: boolean;
  pages: Record<string, Page>;
  /** Pages of breaks, by the number of main trials before them. */
  breaks: Record<string, Page>;
  texts: Record<string, string>;
  examples: { image: number; caption: string }[];
  consent: null | { pages: Page[]; ask: Ask };
  debriefing: null | Page[];
  fields: Field[];
  keys: { continue: Key; quit: Key; pause: Key };
  inter_trial_interval_s: number;
  presentation: Presentation;
  practice: { criterion: number | null; repetitions: number };
  image_height_deg: number;
  viewing_distance_cm: number;
  scaling: "auto" | "integer" | "interpolated";
  require: Requirements;
  offline_trials: number;
  state: State;
}

/** Replace `{name}` in a text; names without a value are left as they are. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

export function nPractice(plan: Plan): number {
  return plan.trials.filter((trial) => trial.block === "practice").length;
}
