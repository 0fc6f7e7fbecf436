// Conditions of rows to draw: each is a row of fields that suits its column.
(() => {
  const button = document.getElementById("add-condition");
  if (!button) return;
  const place = document.getElementById("conditions");
  button.addEventListener("click", async () => {
    const column = document.getElementById("condition-column").value;
    if ([...place.querySelectorAll('input[name="column"]')].some((each) => each.value === column)) return;
    button.disabled = true;
    const query = new URLSearchParams({ config: button.dataset.config, column });
    try {
      const answer = await window.console_.send(`/console/generate/condition?${query}`);
      const made = new DOMParser().parseFromString(await answer.text(), "text/html").body.firstElementChild;
      place.append(made);
      made.querySelector("select, input:not([type=hidden])")?.focus();
    } catch (error) {
      window.console_.toast(error.message);
    } finally {
      button.disabled = false;
    }
  });
})();
