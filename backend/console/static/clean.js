// Which fixes are accepted: what is sure enough, unless decided otherwise one by one; kept until they are applied.
(() => {
  const KEEP = "decided:";
  const place = () => document.getElementById("decide");
  const read = () => JSON.parse(localStorage.getItem(KEEP + place().dataset.fixes) || "{}");

  const refresh = () => {
    if (!place()) return;
    const decided = read();
    const least = Number(document.getElementById("least").value);
    const refused = [...document.querySelectorAll('[name="refuse_kind"]:checked')].map((each) => each.value);
    for (const box of document.querySelectorAll("[data-fix]")) {
      const sure = Number(box.dataset.sure) >= least && !refused.includes(box.dataset.kind);
      box.checked = decided[box.dataset.fix] ?? sure;
      box.closest("tr").classList.toggle("accepted", box.checked);
    }
    document.getElementById("decided").value = JSON.stringify(decided);
  };

  document.addEventListener("change", (event) => {
    if (event.target.dataset.fix !== undefined) {
      const decided = read();
      decided[event.target.dataset.fix] = event.target.checked;
      localStorage.setItem(KEEP + place().dataset.fixes, JSON.stringify(decided));
    }
    refresh();
  });
  document.addEventListener("htmx:afterSettle", refresh);
})();
