// Rows to label by hand, one key press each; what is labeled stays in this browser until it is saved.
(() => {
  const hand = document.getElementById("hand");
  if (!hand) return;
  const { send, toast } = window.console_;
  const place = document.getElementById("row");
  const path = hand.dataset.path;
  const store = `hand:${path}`;
  const labeled = JSON.parse(localStorage.getItem(store) || "[]");
  const skipped = new Set();
  let rows = [];

  const make = (tag, text, name) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (name) made.className = name;
    return made;
  };
  const classes = () => Math.max(2, ...labeled.map((each) => each.label + 1), Number(localStorage.getItem(`${store}:classes`) || 2));

  const keep = () => {
    localStorage.setItem(store, JSON.stringify(labeled));
    document.getElementById("count").textContent = labeled.length;
  };

  const fetchRows = async () => {
    place.replaceChildren(make("p", "Looking for rows that are worth labeling …", "waiting"));
    const functions = JSON.parse(localStorage.getItem(`functions:${path}`) || "[]").filter((each) => each.code.trim());
    const body = { data_path: path, num_rows: 50, seed: labeled.length + skipped.size };
    let answer;
    try {
      answer = await send("/console/api/labeling/suggest-rows", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(functions.length ? { ...body, labeling_functions: functions } : body),
      });
    } catch {
      answer = await send("/console/api/labeling/suggest-rows", {
        method: "POST", // without the functions, one of which fails
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
    }
    const known = new Set([...labeled.map((each) => each.row), ...skipped]);
    rows = (await answer.json()).rows.filter((each) => !known.has(each.row));
  };

  const show = async () => {
    if (!rows.length) {
      try {
        await fetchRows();
      } catch (error) {
        place.replaceChildren(make("div", error.message, "problem"));
        return;
      }
    }
    const row = rows[0];
    if (!row) {
      place.replaceChildren(make("p", "Every row that teaches something new is labeled; save them."));
      return;
    }
    const values = make("dl", undefined, "row-values");
    for (const [name, value] of Object.entries(row.values)) {
      const pair = make("div");
      pair.append(make("dt", name), make("dd", value === null ? "missing" : String(value)));
      values.append(pair);
    }
    const choices = make("div", undefined, "actions");
    for (let label = 0; label < classes(); label += 1) {
      const button = make("button", `Class ${label} `, "primary");
      button.type = "button";
      button.append(make("kbd", String(label)));
      button.addEventListener("click", () => give(label));
      choices.append(button);
    }
    const more = make("button", "One class more");
    more.type = "button";
    more.addEventListener("click", () => {
      localStorage.setItem(`${store}:classes`, classes() + 1);
      show();
    });
    const skip = make("button", "Skip ");
    skip.type = "button";
    skip.append(make("kbd", "S"));
    skip.addEventListener("click", pass);
    choices.append(skip, more);
    place.replaceChildren(make("h2", `Row ${(row.row + 1).toLocaleString("en")}`), values, choices, make("p", row.why, "hint"));
  };

  const give = (label) => {
    const row = rows.shift();
    if (!row) return;
    labeled.push({ row: row.row, values: row.values, label });
    keep();
    show();
  };
  const pass = () => {
    const row = rows.shift();
    if (row) skipped.add(row.row);
    show();
  };
  const undo = () => {
    const last = labeled.pop();
    if (!last) return;
    rows.unshift({ row: last.row, values: last.values, why: "Labeled before." });
    keep();
    show();
  };
  const save = async () => {
    const said = document.getElementById("hand-said");
    try {
      const answer = await send("/console/label/rows/save", {
        method: "POST",
        headers: { "Content-Type": "application/json", "HX-Request": "true" },
        body: JSON.stringify({ path, rows: labeled }),
      });
      const told = await answer.json();
      toast(`Saved as ${told.path}`);
      location.href = told.next;
    } catch (error) {
      said.replaceChildren(make("div", error.message, "problem"));
    }
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /INPUT|TEXTAREA|SELECT/.test(event.target.tagName)) return;
    if (/^[0-9]$/.test(event.key) && Number(event.key) < 10) give(Number(event.key));
    else if (event.key.toLowerCase() === "s") pass();
    else if (event.key.toLowerCase() === "u") undo();
  });
  document.getElementById("undo").addEventListener("click", undo);
  document.getElementById("save").addEventListener("click", save);
  keep();
  show();
})();
