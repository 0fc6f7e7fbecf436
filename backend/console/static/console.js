// What every page needs: theme, copying, sorting and filtering tables, drafts that survive a reload.
(() => {
  const token = () => document.querySelector('meta[name="csrf-token"]').content;
  const toast = (text) => {
    const place = document.getElementById("toast");
    place.textContent = text;
    place.classList.add("shown");
    setTimeout(() => place.classList.remove("shown"), 2500);
  };

  // A request to the console with the token; the answer, or an error whose message is the service's own sentence.
  const send = async (address, options = {}) => {
    const headers = { "X-CSRF-Token": token(), ...options.headers };
    const answer = await fetch(address, { ...options, headers });
    if (answer.ok) return answer;
    const kind = answer.headers.get("Content-Type") || "";
    const body = await answer.text();
    const told = kind.includes("json")
      ? JSON.parse(body).error
      : new DOMParser().parseFromString(body, "text/html").querySelector(".problem span")?.textContent;
    throw Object.assign(new Error(told || "The service does not answer; try again in a moment."), { status: answer.status });
  };
  window.console_ = { send, toast, token };

  const dark = () => matchMedia("(prefers-color-scheme: dark)").matches;
  document.getElementById("theme")?.addEventListener("click", () => {
    const now = document.documentElement.dataset.theme || (dark() ? "dark" : "light");
    const next = now === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    localStorage.setItem("theme", next);
  });

  document.addEventListener("click", async (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const text = copy.closest(".snippet").querySelector("code").textContent;
      try {
        await navigator.clipboard.writeText(text);
        toast("Copied");
      } catch {
        getSelection().selectAllChildren(copy.closest(".snippet").querySelector("code"));
        toast("Selected; press Ctrl+C");
      }
    }
    const remove = event.target.closest("[data-remove]");
    if (remove) remove.closest(remove.dataset.remove).remove();
  });

  // Tables marked data-sorts: a click on a heading sorts by it.
  const value = (row, place) => {
    const cell = row.cells[place];
    const text = cell.dataset.value ?? cell.textContent.trim();
    const number = Number(text);
    return text !== "" && !Number.isNaN(number) ? number : text.toLowerCase();
  };
  const sortBy = (heading) => {
    const place = heading.cellIndex;
    const down = heading.getAttribute("aria-sort") === "ascending";
    for (const each of heading.parentElement.cells) each.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = heading.closest("table").tBodies[0];
    const rows = [...body.rows].filter((row) => row.cells[place]);
    rows.sort((a, b) => {
      const [x, y] = [value(a, place), value(b, place)];
      const order = typeof x === typeof y ? (x < y ? -1 : x > y ? 1 : 0) : typeof x === "number" ? -1 : 1;
      return down ? -order : order;
    });
    body.append(...rows);
  };
  const sortable = (root) => {
    for (const heading of root.querySelectorAll("table[data-sorts] thead th:not([data-fixed])")) {
      if (heading.querySelector("button")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.textContent = heading.textContent;
      heading.replaceChildren(button);
      button.addEventListener("click", () => sortBy(heading));
    }
  };

  const filters = (root) => {
    for (const field of root.querySelectorAll("[data-filter]")) {
      field.addEventListener("input", () => {
        const wanted = field.value.toLowerCase();
        for (const row of document.querySelector(field.dataset.filter).tBodies[0].rows)
          row.hidden = !row.textContent.toLowerCase().includes(wanted);
      });
    }
  };

  // Forms marked data-keep: what was typed is there again after a reload.
  const drafts = (root) => {
    for (const form of root.querySelectorAll("form[data-keep]")) {
      const key = `draft:${form.dataset.keep}`;
      const fields = () => [...form.elements].filter((each) => each.name && !["hidden", "file", "password"].includes(each.type));
      const kept = JSON.parse(sessionStorage.getItem(key) || "{}");
      for (const each of fields()) {
        if (!(each.name in kept) || new URLSearchParams(location.search).has(each.name)) continue;
        if (each.type === "radio" || each.type === "checkbox") each.checked = kept[each.name].includes(each.value);
        else if (each.tagName !== "SELECT" || [...each.options].some((option) => option.value === kept[each.name][0]))
          each.value = kept[each.name][0];
      }
      form.addEventListener("input", () => {
        const now = {};
        for (const each of fields()) {
          now[each.name] ??= [];
          if (!["radio", "checkbox"].includes(each.type) || each.checked) now[each.name].push(each.value);
        }
        sessionStorage.setItem(key, JSON.stringify(now));
      });
    }
  };

  // The curve of a running training is kept while the browser is open, so that a reload does not lose it.
  document.addEventListener("htmx:configRequest", (event) => {
    const job = event.detail.elt.dataset?.job;
    const kept = job && sessionStorage.getItem(`curve:${job}`);
    if (kept) event.detail.parameters.curve = kept;
    const first = /\/console\/jobs\/([^/]+)\/show$/.exec(event.detail.path);
    if (!job && first) {
      const earlier = sessionStorage.getItem(`curve:${first[1]}`);
      if (earlier) event.detail.parameters.curve = earlier;
    }
  });
  document.addEventListener("htmx:afterSettle", () => {
    for (const each of document.querySelectorAll('.follow[data-job] input[name="curve"]'))
      sessionStorage.setItem(`curve:${each.closest("[data-job]").dataset.job}`, each.value);
  });
  document.addEventListener("htmx:sendError", () => toast("The service does not answer; trying again."));

  // On a phone, tables of class stack show a row as a card, each value behind the name of its column.
  const named = () => {
    for (const table of document.querySelectorAll("table.stack")) {
      const names = [...table.tHead.rows[0].cells].map((each) => each.textContent);
      for (const row of table.tBodies[0].rows)
        for (const cell of row.cells) cell.dataset.label ??= names[cell.cellIndex];
    }
  };

  named();
  document.addEventListener("htmx:afterSettle", named);
  sortable(document);
  filters(document);
  drafts(document);
  document.addEventListener("htmx:afterSettle", () => sortable(document));
})();
