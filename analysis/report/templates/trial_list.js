(() => {
  const form = document.getElementById("filters");
  const list = document.getElementById("listed");
  if (!form || !list) return;
  const entries = [...list.children];
  const limit = document.getElementById("at-most").dataset.key;
  const value = (id) => document.getElementById(id).value;
  const update = () => {
    const order = value("sort");
    const sign = order.startsWith("-") ? -1 : 1;
    const key = order.replace("-", "");
    const kind = value("difficulty-of");
    const name = value("class-of");
    const atMost = Number(value("at-most"));
    let found = 0;
    for (const entry of entries) {
      const data = entry.dataset;
      entry.hidden =
        (kind && data.difficulty !== kind) ||
        (name && !data.classes.split("\n").includes(name)) ||
        Number(data[limit]) > atMost;
      if (!entry.hidden) found += 1;
    }
    list.append(...entries.slice().sort((a, b) => sign * (Number(a.dataset[key]) - Number(b.dataset[key]))));
    document.getElementById("n-found").textContent = String(found);
  };
  form.addEventListener("change", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  update();
})();
