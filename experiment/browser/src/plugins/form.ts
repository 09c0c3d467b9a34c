/** jsPsych's form, which simulated participants can fill in, too; and the form of the participant's fields. */

import SurveyHtmlForm from "@jspsych/plugin-survey-html-form";
import { make } from "../dom";
import type { Field } from "../plan";
import type { Session } from "../session";
import type { Mode, SimulationOptions } from "../simulation";

const MOST_CHARACTERS = 200;

export class FormPlugin extends SurveyHtmlForm {
  constructor(private readonly owner: ConstructorParameters<typeof SurveyHtmlForm>[0]) {
    super(owner);
  }

  simulate(
    parameters: Parameters<SurveyHtmlForm["trial"]>[1],
    mode: Mode,
    options: SimulationOptions,
    onLoad: () => void,
  ): void {
    const response = (options.data?.["response"] ?? {}) as Record<string, string>;
    if (mode === "data-only") {
      onLoad();
      this.owner.finishTrial({ response, rt: 0 });
      return;
    }
    const display = this.owner.getDisplayElement();
    this.trial(display, parameters);
    onLoad();
    for (const [name, value] of Object.entries(response)) {
      this.owner.pluginAPI.fillTextInput(
        display.querySelector(`[name="${name}"]`) as HTMLInputElement,
        value,
      );
    }
    this.owner.pluginAPI.clickTarget(display.querySelector("[type=submit]") as Element, 100);
  }
}

/** Return the HTML of the fields: one input for each. */
export function fieldsHtml(session: Session): string {
  return session.plan.fields
    .map((field) => {
      const units = field.units && !field.question.includes(field.units) ? ` (${field.units})` : "";
      const optional = make("small", {}, ` – ${session.text("fields_optional")}`);
      const label = make(
        "label",
        { for: `field-${field.name}` },
        field.question + units,
        field.required ? null : optional,
      );
      return make("div", { class: "field" }, label, input(field, session));
    })
    .map((element) => element.outerHTML)
    .join("");
}

/** Say in the session's language what is wrong with an input; browsers say it in their own. */
export function explainInputs(session: Session): void {
  for (const element of document.querySelectorAll<HTMLInputElement | HTMLSelectElement>("form [name]")) {
    element.addEventListener("input", () => element.setCustomValidity(""));
    element.addEventListener("invalid", () => {
      const { valueMissing, badInput } = element.validity;
      const numeric = element.dataset["type"] === "integer" ? "fields_integer" : "fields_number";
      element.setCustomValidity(session.text(valueMissing && !badInput ? "fields_required" : numeric));
    });
  }
}

function input(field: Field, session: Session): HTMLElement {
  const shared: Record<string, string> = {
    id: `field-${field.name}`,
    name: field.name,
    "data-type": field.type,
  };
  if (field.required) shared["required"] = "";
  if (field.type === "choice") {
    const choices = field.choices.map((choice) => make("option", { value: choice }, choice));
    return make("select", shared, make("option", { value: "" }, session.text("fields_choose")), ...choices);
  }
  if (field.type === "text")
    return make("input", { ...shared, type: "text", maxlength: String(MOST_CHARACTERS) });
  const step = field.type === "integer" ? "1" : "any";
  return make("input", {
    ...shared,
    type: "number",
    step,
    inputmode: field.type === "integer" ? "numeric" : "decimal",
  });
}

/** Return what a simulated participant fills in. */
export function simulatedFields(session: Session): Record<string, string> {
  return Object.fromEntries(
    session.plan.fields.map((field) => {
      const value = { choice: field.choices[0] ?? "", integer: "30", number: "30", text: "test" }[field.type];
      return [field.name, value];
    }),
  );
}
