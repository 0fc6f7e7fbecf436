// The editor of labeling functions: colours, errors at their line, a trial as one types. Drafts stay in this browser.
(() => {
  const bench = document.getElementById("bench");
  if (!bench) return;
  const { send } = window.console_;
  const place = document.getElementById("functions");
  const trial = document.getElementById("trial");
  const template = document.getElementById("function");
  const path = bench.dataset.path;
  const store = `functions:${path}`;
  let active = null;
  let waiting = 0;
  let asked = 0;

  const all = () =>
    [...place.querySelectorAll(".function")].map((each) => ({
      name: each.querySelector(".name").value.trim(),
      code: each.querySelector(".source").value,
    }));

  const paint = (card, bad = 0) => {
    const source = card.querySelector(".source").value;
    window.paintPython(card.querySelector(".paint code"), source, bad);
    const lines = source.split("\n").length;
    card.querySelector(".gutter").textContent = Array.from({ length: lines }, (_, n) => n + 1).join("\n");
    card.querySelector(".source").rows = Math.max(3, lines);
  };

  const mark = (errors) => {
    for (const card of place.querySelectorAll(".function")) {
      const error = errors[card.querySelector(".name").value.trim()];
      card.classList.toggle("failing", Boolean(error));
      const where = error?.line ? `Line ${error.line}: ` : "";
      card.querySelector(".error").textContent = error ? where + error.message : "";
      card.querySelector(".verdict").textContent = error ? "fails" : "";
      paint(card, error?.line || 0);
    }
  };

  const attempt = async () => {
    const functions = all().filter((each) => each.name && each.code.trim());
    if (!functions.length) return;
    const mine = ++asked;
    const hand = document.getElementById("run-hand").value;
    const column = document.getElementById("run-column").value.trim();
    trial.setAttribute("aria-busy", "true");
    try {
      const answer = await send("/console/label/try", {
        method: "POST",
        headers: { "Content-Type": "application/json", "HX-Request": "true" },
        body: JSON.stringify({
          data_path: path,
          labeling_functions: functions,
          hand_labeled_examples_path: hand || null,
          label_column: column || null,
        }),
      });
      const text = await answer.text();
      if (mine !== asked) return; // a newer one is on its way
      const opened = [...trial.querySelectorAll("details[open] summary")].map((each) => each.textContent);
      trial.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.children);
      for (const each of trial.querySelectorAll("details")) each.open = opened.includes(each.querySelector("summary").textContent);
      mark(JSON.parse(trial.querySelector(".tried").dataset.errors));
      document.dispatchEvent(new CustomEvent("htmx:afterSettle"));
    } catch (error) {
      if (mine !== asked) return;
      const said = document.createElement("div");
      said.className = "problem";
      said.textContent = error.message;
      trial.replaceChildren(said);
    } finally {
      if (mine === asked) trial.removeAttribute("aria-busy");
    }
  };

  const changed = () => {
    const functions = all();
    localStorage.setItem(store, JSON.stringify(functions));
    document.getElementById("run-functions").value = JSON.stringify(functions.filter((each) => each.code.trim()));
    clearTimeout(waiting);
    waiting = setTimeout(attempt, 350);
  };

  const insert = (area, text) => {
    area.focus();
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const keys = (event) => {
    const area = event.target;
    if (event.key === "Enter" && !event.shiftKey) {
      const line = area.value.slice(0, area.selectionStart).split("\n").pop();
      const indent = /^\s*/.exec(line)[0] + (line.trimEnd().endsWith(":") ? "    " : "");
      event.preventDefault();
      insert(area, `\n${indent}`);
    } else if (event.key === "Tab" && !event.shiftKey && area.selectionStart === area.selectionEnd) {
      const before = area.value.slice(0, area.selectionStart).split("\n").pop();
      if (before.trim() === "") {
        // in the indentation only: elsewhere Tab leaves the editor, as a keyboard user needs
        event.preventDefault();
        insert(area, "    ");
      }
    }
  };

  const add = (name, code, focus = false) => {
    const card = template.content.firstElementChild.cloneNode(true);
    const area = card.querySelector(".source");
    card.querySelector(".name").value = name;
    area.value = code;
    card.addEventListener("input", () => {
      paint(card);
      changed();
    });
    card.addEventListener("focusin", () => (active = area));
    area.addEventListener("keydown", keys);
    area.addEventListener("scroll", () => (card.querySelector(".paint").scrollLeft = area.scrollLeft));
    card.querySelector(".remove").addEventListener("click", () => {
      card.remove();
      changed();
    });
    place.append(card);
    paint(card);
    if (focus) area.focus();
    changed();
  };

  const fresh = (base) => {
    const names = all().map((each) => each.name);
    let number = names.length + 1;
    while (names.includes(`${base}_${number}`)) number += 1;
    return `${base}_${number}`;
  };

  const blank = (focus) => {
    const name = fresh("lf");
    add(name, `def ${name}(x):\n    return -1`, focus);
  };

  const take = (button) => {
    if (all().some((each) => each.name === button.dataset.name)) return;
    add(button.dataset.name, button.dataset.code);
    button.disabled = true;
    button.textContent = "Taken";
  };

  document.getElementById("add").addEventListener("click", () => blank(true));
  document.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-column].chip");
    if (chip && active) insert(active, `x[${JSON.stringify(chip.dataset.column)}]`);
    const one = event.target.closest("[data-take]");
    if (one) take(one);
    if (event.target.closest("[data-take-all]"))
      document.querySelectorAll("[data-take]:not(:disabled)").forEach(take);
  });
  for (const id of ["run-hand", "run-column"]) document.getElementById(id).addEventListener("change", changed);

  const kept = JSON.parse(localStorage.getItem(store) || "[]");
  if (kept.length) kept.forEach((each) => add(each.name, each.code));
  else blank(false);
})();
