(() => {
  "use strict";
  const box = document.getElementById("q");
  const found = document.getElementById("found");
  // The page shows `evil[.]example`; whoever looks for `evil.example` means the same.
  const plain = (text) => text.toLowerCase().replace(/\[([.:])\]/g, "$1").replace(/hxxp/g, "http");
  const tables = Array.from(document.querySelectorAll("table.search"), (table) => ({
    part: table.closest("section"),
    fold: table.closest("details"),
    rows: Array.from(table.tBodies[0].rows, (row) => ({ row, text: plain(row.textContent) })),
  }));
  const all = tables.reduce((sum, table) => sum + table.rows.length, 0);
  let opened = false;
  const filter = () => {
    const words = plain(box.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { part, fold, rows } of tables) {
      let here = 0;
      for (const { row, text } of rows) {
        const fits = words.every((word) => text.includes(word));
        row.hidden = !fits;
        if (fits) here += 1;
      }
      part.hidden = words.length > 0 && here === 0;
      if (fold && words.length > 0 && here > 0) fold.open = true;
      shown += here;
    }
    found.textContent = words.length > 0 ? `${shown} of ${all} rows` : "";
    const address = words.length > 0 ? "#q=" + encodeURIComponent(box.value.trim()) : "#";
    if (opened && location.hash !== address) history.replaceState(null, "", address);
    // What is looked for stands at the top.
    document.body.classList.toggle("filtered", words.length > 0);
  };
  const follow = () => {
    if (!location.hash.startsWith("#q=")) return;
    try { box.value = decodeURIComponent(location.hash.slice(3)); } catch { return; }
    filter();
  };
  let waiting = 0;
  box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, all > 2000 ? 150 : 0); });
  box.addEventListener("keydown", (event) => { if (event.key === "Escape") { box.value = ""; filter(); } });
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement;
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); box.focus(); }
  });
  window.addEventListener("hashchange", follow);
  if (all > 0) document.getElementById("search").hidden = false;
  follow();
  opened = true;
})();
