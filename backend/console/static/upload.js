// Uploads by choice or drop, in pieces, so that one that is interrupted goes on where it stopped.
(() => {
  const PIECE = 8 * 2 ** 20;
  const { send } = window.console_;
  const list = document.getElementById("uploads");
  const drop = document.getElementById("drop");
  const key = (file) => `upload:${file.name}:${file.size}:${file.lastModified}`;

  const begun = async (file) => {
    const known = localStorage.getItem(key(file));
    if (known) {
      try {
        const state = await (await send(`/console/api/files/upload/${known}`)).json();
        return [known, state.received];
      } catch {
        localStorage.removeItem(key(file));
      }
    }
    const answer = await send(`/console/api/files/upload?filename=${encodeURIComponent(file.name)}`, {
      method: "POST",
      headers: { "Content-Range": `bytes */${file.size}`, "Content-Type": "application/octet-stream" },
    });
    const told = await answer.json();
    localStorage.setItem(key(file), told.upload_id);
    return [told.upload_id, told.received];
  };

  const piece = async (upload, file, start) => {
    const end = Math.min(start + PIECE, file.size);
    const answer = await send(`/console/api/files/upload/${upload}`, {
      method: "PUT",
      headers: { "Content-Range": `bytes ${start}-${end - 1}/${file.size}`, "Content-Type": "application/octet-stream" },
      body: file.slice(start, end),
    });
    return [end, answer.status === 201 ? await answer.json() : null];
  };

  const whole = async (file) => {
    const answer = await send(`/console/api/files/upload?filename=${encodeURIComponent(file.name)}`, {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream" },
      body: file,
    });
    return answer.json();
  };

  const upload = async (file, bar, text) => {
    if (file.size <= PIECE) return whole(file);
    let [id, at] = await begun(file);
    let done = null;
    while (!done) {
      bar.value = at;
      text.textContent = `${Math.floor((100 * at) / file.size)}%`;
      [at, done] = await piece(id, file, at);
    }
    localStorage.removeItem(key(file));
    return done;
  };

  const show = async (file) => {
    const line = document.createElement("li");
    const name = Object.assign(document.createElement("strong"), { textContent: file.name });
    const bar = Object.assign(document.createElement("progress"), { max: Math.max(file.size, 1), value: 0 });
    bar.setAttribute("aria-label", `Upload of ${file.name}`);
    const text = document.createElement("span");
    line.append(name, bar, text);
    list.append(line);
    try {
      const done = await upload(file, bar, text);
      bar.value = bar.max;
      const link = Object.assign(document.createElement("a"), { textContent: "Open it" });
      link.href = `/console/tables/view?path=${encodeURIComponent(done.path)}`;
      text.replaceChildren(link);
    } catch (error) {
      line.classList.add("bad");
      text.textContent = `${error.message} What has arrived is kept; choose the file again to go on.`;
    }
    return !line.classList.contains("bad");
  };

  const all = async (files) => {
    const done = [];
    for (const file of files) done.push(await show(file));
    if (done.length === 1 && done[0]) location.href = list.lastElementChild.querySelector("a").href;
  };

  document.getElementById("file").addEventListener("change", (event) => all([...event.target.files]));
  for (const name of ["dragenter", "dragover"])
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    all([...event.dataTransfer.files]);
  });
})();
