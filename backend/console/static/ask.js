// A conversation: its thread and what was said stay in this browser until a new one is begun.
(() => {
  const talk = document.getElementById("talk");
  if (!talk) return;
  const thread = document.getElementById("thread");
  thread.value = sessionStorage.getItem("thread") || crypto.randomUUID();
  sessionStorage.setItem("thread", thread.value);
  document.addEventListener("htmx:afterSettle", () => {
    const last = [...talk.querySelectorAll("[data-thread]")].pop();
    if (last?.dataset.thread) thread.value = last.dataset.thread;
    sessionStorage.setItem("thread", thread.value);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.id === "ask" && event.detail.successful) document.getElementById("text").value = "";
  });
  document.getElementById("anew").addEventListener("click", () => {
    sessionStorage.removeItem("thread");
    location.reload();
  });
})();
