// Python in colours: good enough for functions of a few lines.
(() => {
  const WORDS = new Set(
    ("and as break continue def elif else except False finally for if import in is lambda None not or pass return True try while").split(" "),
  );
  const TOKEN = /(#[^\n]*)|([rbfRBF]{0,2}(?:"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))|(\b\d[\d_.eE]*\b)|([A-Za-z_]\w*)/g;
  const part = (kind, text) => {
    const span = document.createElement("span");
    span.className = kind;
    span.textContent = text;
    return span;
  };
  // Put `source` into `place`, coloured; the line `bad` (from 1) is marked.
  window.paintPython = (place, source, bad) => {
    const out = document.createDocumentFragment();
    source.split("\n").forEach((line, number) => {
      const row = document.createElement("span");
      row.className = number + 1 === bad ? "line bad-line" : "line";
      let at = 0;
      for (const found of line.matchAll(TOKEN)) {
        row.append(line.slice(at, found.index));
        const [text, comment, string, digits, word] = found;
        if (comment) row.append(part("t-comment", text));
        else if (string) row.append(part("t-string", text));
        else if (digits) row.append(part("t-number", text));
        else if (WORDS.has(word)) row.append(part("t-word", text));
        else row.append(text);
        at = found.index + text.length;
      }
      row.append(line.slice(at) + "\n");
      out.append(row);
    });
    place.replaceChildren(out);
  };
})();
