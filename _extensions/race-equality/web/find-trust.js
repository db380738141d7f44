// Adds a search box to the table of trusts, on the first page and on the page about all trusts. Without
// script the table stays as it is.
(function () {
  "use strict";
  var table = document.getElementById("trusts") || document.getElementById("tbl-trusts");
  // Quarto gives a table's identifier to the box around it.
  if (table && table.tagName !== "TABLE") table = table.querySelector("table");
  if (!table || document.querySelector(".find-trust")) return;
  var rows = Array.prototype.slice.call(table.querySelectorAll("tr[data-find]"));
  if (!rows.length) rows = Array.prototype.slice.call(table.querySelectorAll("tbody tr"));
  var bodies = Array.prototype.slice.call(table.tBodies);
  var words = rows.map(function (row) { return plain(row.getAttribute("data-find") || row.textContent); });

  // St Helens' and Saint Helens, accents, capitals: what a person types is rarely what is written.
  function plain(text) {
    return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "")
      .replace(/[\u2019']/g, "").replace(/\bsaint\b/g, "st").replace(/&/g, " and ")
      .replace(/[^a-z0-9]+/g, " ").trim();
  }

  var form = document.createElement("form");
  form.className = "find-trust";
  form.setAttribute("role", "search");
  form.innerHTML =
    '<label for="find-trust">Search by name, code or region</label>' +
    '<input id="find-trust" type="search" autocomplete="off" spellcheck="false">' +
    '<p class="count" role="status" aria-live="polite"></p>';
  var region = table.parentNode;
  var regions = document.querySelector(".regions");
  region.parentNode.insertBefore(form, regions || region);
  var box = form.querySelector("input");
  var count = form.querySelector(".count");

  function shown() { return rows.filter(function (row) { return !row.hidden; }); }

  function say(number) {
    count.textContent = number === 0 ? "No trust found. Check the spelling or try part of the name."
      : number === 1 ? "1 trust" : number + " trusts";
  }

  function filter() {
    var asked = plain(box.value).split(" ").filter(Boolean);
    rows.forEach(function (row, index) {
      row.hidden = !asked.every(function (word) { return words[index].indexOf(word) !== -1; });
    });
    bodies.forEach(function (body) {
      body.hidden = !rows.some(function (row) { return row.parentNode === body && !row.hidden; });
    });
    table.hidden = shown().length === 0;
    if (regions) regions.hidden = asked.length > 0; // they may lead to what is hidden now
  }

  // The table answers at once; the screen reader's message waits until the typing pauses.
  var rest;
  box.addEventListener("input", function () {
    filter();
    clearTimeout(rest);
    rest = setTimeout(function () { say(shown().length); }, 300);
  });

  // Enter opens the report when one trust is left, and else goes to the first one.
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var left = shown();
    if (!left.length) { say(0); return; }
    var link = left[0].querySelector("a");
    if (!link) return;
    if (left.length === 1 && link.href) { window.location.href = link.href; } else { link.focus(); }
  });

  say(rows.length);
})();
