(() => {
  const form = document.getElementById("filters");
  const list = document.getElementById("pairs");
  if (!form || !list) return;
  const pairs = [...list.children];
  const value = (id) => document.getElementById(id).value;
  const update = () => {
    const order = value("sort");
    const sign = order.startsWith("-") ? -1 : 1;
    const key = order.replace("-", "");
    const kind = value("difficulty-of");
    const name = value("class-of");
    const atMost = Number(value("at-most")) / 100;
    let found = 0;
    for (const pair of pairs) {
      const data = pair.dataset;
      pair.hidden =
        (kind && data.difficulty !== kind) ||
        (name && data.harder !== name && data.easier !== name) ||
        Number(data.accuracy) > atMost;
      if (!pair.hidden) found += 1;
    }
    list.append(...pairs.slice().sort((a, b) => sign * (Number(a.dataset[key]) - Number(b.dataset[key]))));
    document.getElementById("n-found").textContent = String(found);
  };
  form.addEventListener("change", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  update();
})();
