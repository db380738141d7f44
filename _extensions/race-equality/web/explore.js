// The page on which a reader chooses two measures of all trusts. The chart is Vega-Lite with parameters of its own, which
// JupyterLab shows as boxes (race_equality.report.explore); here are boxes with words for them, the table, and the address,
// which holds the choice. Without script, or where the libraries are missing, the picture and the whole table stay.
(function () {
  "use strict";
  var holder = document.querySelector('script[type="application/json"].vega-lite');
  var figure = byId("fig-explore", "figure"), table = byId("tbl-explore", "table");
  if (!holder || !figure || !table) return;
  var spec = JSON.parse(holder.textContent), about = (spec.usermeta || {}).explore;
  if (!about) return;
  holder.remove(); // it is read once
  var EVERY = "All", MINUS = "\u2212", LONGEST = 60;
  var trusts = spec.datasets.trusts, series = about.series;
  var first = { x: parameter("x"), y: parameter("y"), kind: EVERY, region: EVERY, system: EVERY, trust: "", ranges: none() };
  var state = copy(first);
  var view = null; // Vega's, when it is there
  var SIDES = ["x", "y"], NARROW = ["kind", "region", "system"];
  var STYLE =
    ".explore-holder{container-type:inline-size}.explore{display:grid;grid-template-columns:minmax(0,1fr);gap:0 2rem}" +
    ".explore figure,.explore .table-scroll,.explore-table>*{margin:0}" +
    ".explore-choice{display:flex;flex-wrap:wrap;gap:.75rem 1.5rem;padding:1rem 1.25rem;background:var(--panel,#f0f4f5);font-size:1rem}" +
    ".explore-choice fieldset{border:0;margin:0;padding:0;min-width:0;flex:1 1 17rem;max-width:100%;display:grid;" +
    "grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:.25rem .75rem;align-content:start}" +
    ".explore-choice legend{font-size:1rem;font-weight:bold;line-height:1.4;padding:0;margin:0;float:none;width:auto}.explore-choice label:first-of-type{grid-column:1/-1}" +
    ".explore-choice fieldset:last-of-type label{grid-column:auto}" +
    ".explore-choice select,.explore-choice input{font:inherit;box-sizing:border-box;width:100%;padding:.3rem;border:2px solid var(--text,#212b32);" +
    "border-radius:0;background:var(--ground,#fff);color:var(--text,#212b32)}" +
    ".explore-act{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;flex:1 1 100%;align-items:center}" +
    ".explore-act button{font:inherit;padding:.3rem .75rem;border:2px solid var(--text,#212b32);border-radius:0;background:var(--ground,#fff);" +
    "color:var(--text,#212b32);cursor:pointer}" +
    ".explore-said{margin:.75rem 0;font-size:1rem;min-height:3em}.explore-said p{margin:0 0 .25rem;max-width:none}" +
    ".explore-problem{border-left:8px solid var(--warning,#f46a25);background:var(--panel,#f0f4f5);padding:.5rem 1rem}" +
    ".explore-problem ul{margin:0;padding-left:1.25rem}" +
    ".explore-vega{overflow-x:auto;background:#fff;color:#212b32}.explore-vega svg{display:block;font-family:var(--font)}" +
    ".explore-vega .vega-embed{display:block}" +
    ".explore-table{max-height:36rem;overflow:auto;container-type:inline-size}.explore .table-scroll{overflow:visible}" +
    // of two thousand rows the widths of columns would take longer to find than all else
    ".explore-table table{margin:0;font-size:.9375rem;table-layout:fixed;min-width:26rem}" +
    ".explore-table th:first-child{width:30%}.explore-table tr>:is(:nth-child(2),:nth-child(3)){width:14%}.explore-table td.number{white-space:normal}" +
    ".explore-table thead th{position:sticky;top:0;background:var(--ground,#fff);z-index:1}" +
    ".explore-table caption{position:sticky;left:0;width:100cqi}" +
    ".explore-table tr.explore-found>*{background:var(--panel,#f0f4f5);font-weight:bold}" +
    "#vg-tooltip-element.vg-tooltip{font-family:var(--font);font-size:1rem;max-width:22rem}" +
    "@container (min-width:60rem){.explore{grid-template-columns:minmax(0,38rem) minmax(0,1fr);align-items:start}" +
    ".explore-choice,.explore-said{grid-column:1/-1}}" +
    "@container (max-width:40rem){.explore-table tr>:is(:nth-child(2),:nth-child(3)){display:none}}" +
    "body:has(.explore) .site-width{max-width:86rem}" +
    "@media (prefers-color-scheme:dark){.explore-vega{padding:.5rem;border-radius:4px}}" +
    "@media print{.explore-choice{display:none}.explore-table{max-height:none;overflow:visible}}";

  // ---- the page ----

  var style = document.createElement("style");
  style.textContent = STYLE;
  document.head.appendChild(style);
  var page = make("div", "explore"), choice = make("form", "explore-choice"), said = make("div", "explore-said");
  var problems = said.appendChild(make("div", "explore-problem")), counted = said.appendChild(make("p"));
  var looked = said.appendChild(make("p")), heard = said.appendChild(make("p", "visually-hidden"));
  problems.hidden = true;
  problems.setAttribute("role", "alert");
  heard.setAttribute("role", "status");
  choice.setAttribute("aria-label", "What the chart and the table show");
  var drawn = outermost(figure), listed = outermost(table), beside = make("div", "explore-table");
  var shell = make("div", "explore-holder");
  drawn.before(shell);
  shell.append(page);
  page.append(choice, said, drawn, beside);
  beside.append(listed);
  beside.tabIndex = 0; // it scrolls, and has to by keys as well
  beside.setAttribute("role", "region");
  beside.setAttribute("aria-label", "Figures of the trusts chosen");
  var inner = table.closest(".table-scroll");
  if (inner) ["tabindex", "role", "aria-label", "aria-labelledby"].forEach(function (name) { inner.removeAttribute(name); });
  var holds = (figure.querySelector("img, svg.chart") || {}).parentNode;
  var caption = words(figure.querySelector("figcaption"), "Each trust with both"), tableCaption = words(document, "Both figures of each trust");
  var heads = table.tHead.rows[0].cells;
  var rows = Array.prototype.slice.call(table.tBodies[0].rows).map(function (row, number) {
    var link = row.cells[0].querySelector("a");
    return { row: row, link: link, trust: trusts[number], across: row.cells[3], up: row.cells[4], shown: true };
  });
  var byCode = {};
  rows.forEach(function (one) { byCode[one.trust.code] = one; });

  function byId(id, tag) { // Quarto gives the identifier to the box around it
    var found = document.getElementById(id);
    return found && found.tagName.toLowerCase() !== tag ? found.querySelector(tag) : found;
  }

  function make(tag, name, text) {
    var element = document.createElement(tag);
    if (name) element.className = name;
    if (text) element.textContent = text;
    return element;
  }

  // The element of the page's own flow that a part of an output is in.
  function outermost(element) {
    var inside = element;
    while (inside.parentNode && !inside.parentNode.querySelector("h2, section")) inside = inside.parentNode;
    return inside.contains(figure) && inside.contains(table) ? element : inside;
  }

  // The text within an element that begins so: before it is the number of the figure or table.
  function words(root, begins) {
    var walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT), node;
    while ((node = walker.nextNode())) if (node.data.replace(/\s+/g, " ").indexOf(begins) >= 0) return node;
    return document.createTextNode("");
  }

  function parameter(name) {
    return spec.params.filter(function (one) { return one.name === name; })[0].value;
  }

  function copy(one) { return JSON.parse(JSON.stringify(one)); }
  function none() { return { x: [null, null], y: [null, null] }; }

  // ---- words ----

  function number(value, unit) {
    var of = about.units[unit];
    // a format of the browser's own takes a hundred times as long, and there are thousands of figures
    var parts = Math.abs(value).toFixed(of.decimals).split(".");
    var text = [parts[0].replace(/\B(?=(\d{3})+$)/g, ",")].concat(parts.slice(1)).join(".");
    return (value < 0 ? MINUS : of.signed && value > 0 ? "+" : "") + text;
  }

  function saidOf(cell, unit) {
    if (!Array.isArray(cell)) return about.why[cell];
    var text = number(cell[0], unit) + (about.units[unit].after || "");
    return typeof cell[1] === "number" ? text + " (" + number(cell[1], unit) + " to " + number(cell[2], unit) + ")" : text;
  }

  function groupOf(one) { return about.groups[one[1]] || one[1]; }

  function titleOf(place) {
    var one = series[place];
    return about.measures[one[0]].name + ". " + groupOf(one) + ", " + one[4] + " (" + about.units[one[2]].name + ")";
  }

  function plain(text) {
    return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "")
      .replace(/[\u2019']/g, "").replace(/\bsaint\b/g, "st").replace(/&/g, " and ")
      .replace(/[^a-z0-9]+/g, " ").trim();
  }

  function quoted(text) {
    return "\u201c" + (text.length > LONGEST ? text.slice(0, LONGEST) + "\u2026" : text) + "\u201d";
  }

  function nameOf(trust) { return trust.name + " (" + trust.code + ")"; }

  function many(count, what) { return count === 1 ? "1 " + what : count.toLocaleString("en-GB") + " " + what + "s"; }

  // ---- what is asked: boxes ----

  var boxes = {};
  SIDES.forEach(function (side) {
    var set = group(side === "x" ? "Across" : "Up");
    ["measure", "group", "period"].forEach(function (part) {
      var box = field(set, side + "-" + part, { measure: "Measure", group: "Group", period: "Period" }[part], "select");
      box.addEventListener("change", function () { choose(side, part); });
    });
    ["from", "to"].forEach(function (end, at) {
      var box = field(set, side + "-" + end, at ? "Only up to" : "Only from", "input");
      box.type = "number";
      box.step = "any";
      box.addEventListener("change", function () {
        state.ranges[side][at] = box.value === "" ? null : Number(box.value);
        answer();
      });
    });
    var heading = {};
    Object.keys(about.measures).forEach(function (id) {
      var measure = about.measures[id], box = boxes[side + "-measure"];
      var under = heading[measure.heading] || (heading[measure.heading] = box.appendChild(document.createElement("optgroup")));
      under.label = measure.heading;
      option(under, id, measure.name);
    });
  });
  var which = group("Which trusts");
  NARROW.forEach(function (name) {
    var box = field(which, name, { kind: "Kind", region: "Region", system: "System" }[name], "select"), seen = {};
    trusts.forEach(function (trust) { seen[trust[name]] = true; });
    [EVERY].concat(Object.keys(seen).sort()).forEach(function (value) { option(box, value, value); });
    box.addEventListener("change", function () { state[name] = box.value; answer(); });
  });
  var search = field(which, "trust", "Find a trust", "input"), list = make("datalist"), rest;
  search.type = "search";
  search.autocomplete = "off";
  search.spellcheck = false;
  list.id = "explore-trusts";
  trusts.forEach(function (trust) { option(list, nameOf(trust), ""); });
  which.append(list);
  search.setAttribute("list", list.id);
  search.addEventListener("input", function () {
    clearTimeout(rest);
    rest = setTimeout(function () { find(search.value); answer(); }, 200);
  });
  choice.addEventListener("submit", function (event) {
    event.preventDefault();
    find(search.value);
    answer();
    if (state.trust) open(state.trust);
  });
  var acts = choice.appendChild(make("div", "explore-act"));
  act("Swap the two measures", function () {
    state.x = [state.y, state.y = state.x][0];
    state.ranges = { x: state.ranges.y, y: state.ranges.x };
  });
  act("Start again", function () {
    state = copy(first);
    search.value = looked.textContent = "";
    tell([]);
  });
  var link = acts.appendChild(make("a", "", "Link to this choice"));

  function group(text) {
    var set = choice.appendChild(document.createElement("fieldset"));
    set.append(make("legend", "", text));
    return set;
  }

  function field(parent, id, text, tag) {
    var label = parent.appendChild(make("label", "", text));
    label.htmlFor = "explore-" + id;
    var box = document.createElement(tag);
    box.id = label.htmlFor;
    label.append(box);
    boxes[id] = box;
    return box;
  }

  function option(parent, value, text) {
    var one = document.createElement("option");
    one.value = value;
    one.textContent = text;
    parent.append(one);
  }

  function act(text, change) {
    var button = acts.appendChild(make("button", "", text));
    button.type = "button";
    button.addEventListener("click", function () { change(); answer(); });
  }

  // Of a measure the same group and period as before, or else its first group and latest period.
  function choose(side, part) {
    var before = series[state[side]], asked = boxes[side + "-" + part].value;
    state[side] = nearest({
      measure: part === "measure" ? asked : before[0],
      group: part === "group" ? asked : before[1] + "|" + before[2],
      period: part === "period" ? asked : before[3]
    });
    state.ranges[side] = [null, null];
    answer();
  }

  function nearest(wanted) {
    var best = 0, most = -1;
    series.forEach(function (one, place) {
      var fits = (one[0] === wanted.measure ? 8 : 0) + (one[1] + "|" + one[2] === wanted.group ? 4 : one[1] === wanted.group.split("|")[0] ? 2 : 0) +
        (one[3] === wanted.period ? 1 : 0);
      if (one[0] === wanted.measure && (fits > most || (fits === most && one[1] === series[best][1] && one[3] > series[best][3]))) {
        best = place;
        most = fits;
      }
    });
    return best;
  }

  function fill() {
    SIDES.forEach(function (side) {
      var now = series[state[side]], of = series.filter(function (one) { return one[0] === now[0]; });
      var units = new Set(of.map(function (one) { return one[2]; })).size;
      boxes[side + "-measure"].value = now[0];
      options(boxes[side + "-group"], of.map(function (one) {
        return [one[1] + "|" + one[2], groupOf(one) + (units > 1 ? " (" + about.units[one[2]].name + ")" : "")];
      }), now[1] + "|" + now[2]);
      options(boxes[side + "-period"], of.filter(function (one) { return one[1] === now[1] && one[2] === now[2]; })
        .map(function (one) { return [one[3], one[4]]; }).reverse(), now[3]);
      ["from", "to"].forEach(function (end, at) {
        var value = state.ranges[side][at];
        boxes[side + "-" + end].value = value === null ? "" : value;
      });
    });
    NARROW.forEach(function (name) { boxes[name].value = state[name]; });
  }

  function options(box, pairs, value) {
    var kept = {}, key = pairs.join();
    if (box.dataset.holds !== key) {
      box.dataset.holds = key;
      box.textContent = "";
      pairs.forEach(function (pair) {
        if (!kept[pair[0]]) option(box, pair[0], pair[1]);
        kept[pair[0]] = true;
      });
    }
    box.value = value;
  }

  // ---- a trust ----

  function find(asked) {
    var text = asked.trim(), code = text.toUpperCase(), named = plain(text).split(" ").filter(Boolean);
    state.trust = "";
    looked.textContent = "";
    if (!text) return;
    var found = trusts.filter(function (trust) { return trust.code === code || nameOf(trust) === text; });
    if (!found.length && closed(code)) return;
    if (!found.length) {
      found = trusts.filter(function (trust) {
        var name = plain(trust.name);
        return named.length && named.every(function (word) { return name.indexOf(word) >= 0; });
      });
    }
    if (found.length === 1) state.trust = found[0].code;
    else {
      looked.textContent = found.length ? many(found.length, "trust") + " have that in their name. Type more of it."
        : "No trust found. Check the spelling or try part of the name.";
    }
  }

  // What became of a trust that closed; true where that is known.
  function closed(code) {
    var what = Object.prototype.hasOwnProperty.call(about.closed, code) && about.closed[code];
    if (!what) return false;
    var now = byCode[what[1]];
    if (now) state.trust = now.trust.code;
    tell([what[0] + " (" + code + ") has closed. " + (now ? "It is part of " + nameOf(now.trust) + ", which is shown instead."
      : "No single trust took its place.")]);
    return true;
  }

  function open(code) {
    var to = byCode[code].link;
    if (to && to.href) window.location.href = to.href;
    else looked.textContent = "This site has no report of " + nameOf(byCode[code].trust) + ".";
  }

  function tell(all) {
    problems.textContent = "";
    problems.hidden = !all.length;
    if (!all.length) return;
    var items = problems.appendChild(make("ul"));
    all.forEach(function (one) { items.append(make("li", "", one)); });
  }

  // ---- the answer: table, words, chart, address ----

  function answer(byBrush) {
    performance.mark("explore-asked");
    var unit = { x: series[state.x][2], y: series[state.y][2] }, tally = {}, both = 0, inside = 0, chosen = 0;
    rows.forEach(function (one) {
      var trust = one.trust, a = trust.cells[state.x], b = trust.cells[state.y];
      var fits = NARROW.every(function (name) { return state[name] === EVERY || trust[name] === state[name]; });
      var has = Array.isArray(a) && Array.isArray(b);
      var within = fits && (has ? isWithin("x", a[0]) && isWithin("y", b[0]) : !limited());
      if (fits) {
        chosen++;
        if (has) both++;
        else {
          var why = about.why[Math.min(Array.isArray(a) ? Infinity : a, Array.isArray(b) ? Infinity : b)];
          tally[why] = (tally[why] || 0) + 1;
        }
      }
      if (within) inside++;
      if (within !== one.shown) { one.row.hidden = !within; one.shown = within; }
      if (within) {
        put(one.across, saidOf(a, unit.x));
        put(one.up, saidOf(b, unit.y));
      }
      one.row.classList.toggle("explore-found", trust.code === state.trust);
    });
    put(heads[3], titleOf(state.x));
    put(heads[4], titleOf(state.y));
    caption.data = " Each trust with both figures, " + both + " of " + chosen + ". Across: " + titleOf(state.x) + ". Up: " + titleOf(state.y) +
      ". Lines are 95% intervals; a dotted line is where there is no gap or both figures are the same. Sources: below the table.";
    tableCaption.data = " Figures of " + many(inside, "trust") + " (95% interval), in order of name";
    var missing = Object.keys(tally).map(function (why) { return why.charAt(0).toLowerCase() + why.slice(1) + " (" + tally[why] + ")"; });
    counted.textContent = many(both, "trust") + (both === 1 ? " has" : " have") + " both figures and " + (both === 1 ? "is" : "are") + " in the chart." +
      (missing.length ? " Of " + many(chosen - both, "other") + " one figure or both are missing: " + missing.join("; ") + "." : "") +
      (limited() ? " " + many(inside, "trust") + (inside === 1 ? " lies" : " lie") + " within the limits and " + (inside === 1 ? "is" : "are") + " in the table." : "");
    if (state.trust) {
      var it = byCode[state.trust], cells = it.trust.cells;
      looked.textContent = nameOf(it.trust) + ": across " + saidOf(cells[state.x], unit.x) + ", up " + saidOf(cells[state.y], unit.y) + "." +
        (it.shown ? "" : " It is not among the trusts chosen.");
    }
    fill();
    address();
    clearTimeout(answer.rest);
    answer.rest = setTimeout(function () { heard.textContent = counted.textContent + " " + looked.textContent; }, 400);
    draw(byBrush);
  }

  function put(cell, text) { if (cell.textContent !== text) cell.textContent = text; }

  function limited() {
    return SIDES.some(function (side) { return state.ranges[side][0] !== null || state.ranges[side][1] !== null; });
  }

  function isWithin(side, value) {
    var range = state.ranges[side];
    return (range[0] === null || value >= range[0]) && (range[1] === null || value <= range[1]);
  }

  function draw(byBrush) {
    if (!view) return;
    SIDES.concat(NARROW).forEach(function (name) { view.signal(name, state[name]); });
    view.signal("find", state.trust);
    drawing = true;
    return view.runAsync().then(function () {
      if (byBrush || (!limited() && !bounded)) return null;
      bounded = limited();
      SIDES.forEach(function (side) {
        var scale = view.scale(side), ends = scale.range(), range = state.ranges[side];
        view.signal("brush_" + side, !limited() ? [0, 0] : range.map(function (value, at) {
          return value === null ? ends[at] : scale(value);
        }));
      });
      return view.runAsync();
    }).then(function () {
      drawing = false;
      performance.measure("explore-answer", "explore-asked");
    });
  }
  var drawing = false, bounded = false; // whether a rectangle is in the chart

  // ---- the address ----

  function address() {
    var asked = new URLSearchParams();
    SIDES.forEach(function (side) {
      if (state[side] === first[side]) return;
      series[state[side]].slice(0, 4).forEach(function (value, at) { asked.set(side + ["", "-group", "-unit", "-period"][at], value); });
    });
    NARROW.concat("trust").forEach(function (name) { if (state[name] !== first[name]) asked.set(name, state[name]); });
    SIDES.forEach(function (side) {
      ["from", "to"].forEach(function (end, at) {
        if (state.ranges[side][at] !== null) asked.set(side + "-" + end, state.ranges[side][at]);
      });
    });
    var hash = asked.toString();
    link.href = "#" + (hash || "x=" + series[first.x][0]);
    if (hash === address.now) return;
    address.now = hash;
    clearTimeout(address.rest);
    address.rest = setTimeout(function () { // when the answer is on the screen: it can take as long as all else
      try {
        history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
      } catch (error) { /* a browser that lets no file change its address */ }
    }, 150);
  }

  // Reads the choice from the address; what is not there any more is said, and the rest holds.
  function read() {
    var hash = location.hash.slice(1), wrong = [];
    if (hash.indexOf("=") < 0 || hash === address.now) return false;
    var asked = new URLSearchParams(hash);
    state = copy(first);
    tell([]);
    SIDES.forEach(function (side) {
      var id = asked.get(side);
      if (id === null) return;
      if (!Object.prototype.hasOwnProperty.call(about.measures, id)) {
        wrong.push("The address asks for the measure " + quoted(id) + ", which is not there. Shown instead: " + titleOf(state[side]) + ".");
        return;
      }
      var group = asked.get(side + "-group"), unit = asked.get(side + "-unit"), period = asked.get(side + "-period");
      state[side] = nearest({ measure: id, group: (group || "") + "|" + (unit || ""), period: period || "" });
      var got = series[state[side]];
      [["group", group, got[1]], ["unit", unit, got[2]], ["period", period, got[3]]].forEach(function (one) {
        if (one[1] !== null && one[1] !== one[2]) {
          wrong.push("Of " + about.measures[id].name + " there is no " + one[0] + " " + quoted(one[1]) + ". Shown instead: " + titleOf(state[side]) + ".");
        }
      });
    });
    NARROW.forEach(function (name) {
      var value = asked.get(name);
      if (value === null) return;
      if (value === EVERY || trusts.some(function (trust) { return trust[name] === value; })) state[name] = value;
      else wrong.push("The address asks for the " + name + " " + quoted(value) + ", which no trust has. All are shown.");
    });
    SIDES.forEach(function (side) {
      ["from", "to"].forEach(function (end, at) {
        var value = asked.get(side + "-" + end);
        if (value === null) return;
        if (value.trim() !== "" && isFinite(value)) state.ranges[side][at] = Number(value);
        else wrong.push("The address asks for a limit " + quoted(value) + ", which is no number. It is left out.");
      });
    });
    var code = (asked.get("trust") || "").trim().toUpperCase(), one = byCode[code];
    if (one) state.trust = code;
    else if (code && closed(code)) wrong = [problems.textContent].concat(wrong);
    else if (code) wrong.push("The address names the trust " + quoted(asked.get("trust")) + ", which is not on this page.");
    search.value = state.trust ? nameOf(byCode[state.trust].trust) : "";
    looked.textContent = "";
    tell(wrong);
    return true;
  }

  window.addEventListener("hashchange", function () { if (read()) answer(); });
  read();
  answer();

  // ---- the chart ----

  var library = document.createElement("script");
  library.src = holder.dataset.library;
  library.onload = start;
  library.onerror = function () {
    tell(["The chart cannot follow your choice, because the file vega.js does not come with this page. The table does."]);
  };
  document.head.append(library);

  function start() {
    var place = make("div", "explore-vega"), target = place.appendChild(make("div"));
    spec.$schema = "https://vega.github.io/schema/vega-lite/v6.json";
    spec.params.forEach(function (one) {
      delete one.bind; // the boxes above have words
      if (Object.prototype.hasOwnProperty.call(state, one.name)) one.value = state[one.name];
      if (one.name === "find") one.value = state.trust;
    });
    place.tabIndex = 0;
    place.setAttribute("role", "group");
    place.setAttribute("aria-label", "Chart of trusts. Arrow keys go from one to the next, Enter opens its report. The table has the same figures.");
    // expressions are interpreted, and no text is run as a script
    window.vegaEmbed(target, spec, {
      ast: true, actions: false, renderer: "svg", mode: "vega-lite", tooltip: { theme: "custom" }, hover: false, logLevel: 1
    }).then(function (made) {
      view = made.view;
      var before = figure.querySelector("img, svg.chart");
      before.replaceWith(place);
      figure.querySelectorAll(".chart-find").forEach(function (one) { one.remove(); });
      target.setAttribute("aria-hidden", "true");
      view.addSignalListener("brush", brushed);
      listen(place);
      figure.chartNow = now;
      return draw();
    }).then(function () {
      figure.dataset.ready = "";
      performance.mark("explore-ready");
    }).catch(function (error) {
      tell(["The chart cannot be drawn (" + error.message + "). The table follows your choice."]);
    });
  }

  var waiting;
  function brushed(name, value) {
    if (drawing) return;
    clearTimeout(waiting);
    waiting = setTimeout(function () {
      var fields = { x: value.across_value, y: value.up_value };
      SIDES.forEach(function (side) {
        var unit = about.units[series[state[side]][2]], tenth = Math.pow(10, unit.decimals);
        state.ranges[side] = !fields[side] ? [null, null] : [
          Math.floor(Math.min(fields[side][0], fields[side][1]) * tenth) / tenth, Math.ceil(Math.max(fields[side][0], fields[side][1]) * tenth) / tenth
        ];
      });
      bounded = limited();
      answer(true);
    }, 30);
  }

  function listen(place) {
    var from = null;
    place.addEventListener("pointerdown", function (event) { from = [event.clientX, event.clientY]; }, true);
    view.addEventListener("click", function (event, item) {
      var moved = from && Math.hypot(event.clientX - from[0], event.clientY - from[1]) > 4; // a rectangle was drawn
      if (!moved && item && item.datum && byCode[item.datum.code]) open(item.datum.code);
    });
    place.addEventListener("keydown", function (event) {
      var by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity }[event.key];
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === "Enter" && state.trust) open(state.trust);
      if (by === undefined) return;
      event.preventDefault();
      var ways = rows.filter(function (one) {
        return one.shown && Array.isArray(one.trust.cells[state.x]) && Array.isArray(one.trust.cells[state.y]);
      }).map(function (one) { return one.trust; });
      ways.sort(function (a, b) { return a.cells[state.x][0] - b.cells[state.x][0] || a.cells[state.y][0] - b.cells[state.y][0]; });
      if (!ways.length) return;
      var at = ways.findIndex(function (trust) { return trust.code === state.trust; });
      var to = at < 0 ? (by > 0 ? 0 : ways.length - 1) : Math.max(0, Math.min(ways.length - 1, at + by));
      state.trust = ways[to].code;
      search.value = nameOf(ways[to]);
      answer();
    });
  }

  // The chart as it is now, for who takes it away.
  function now() {
    var picture = document.importNode(figure.querySelector(".explore-vega svg"), true);
    return {
      picture: picture,
      caption: figure.querySelector("figcaption").textContent.replace(/\s+/g, " ").trim(),
      table: [["trust_code", "trust", "side", "measure", "group", "unit", "period_end", "value", "lower_95", "upper_95", "status"]].concat(
        ...rows.filter(function (one) { return one.shown; }).map(function (one) {
          return SIDES.map(function (side) {
            var of = series[state[side]], cell = one.trust.cells[state[side]], has = Array.isArray(cell);
            return [one.trust.code, one.trust.name, side === "x" ? "across" : "up", of[0], of[1], of[2], of[3]].concat(
              [0, 1, 2].map(function (place) { return has && typeof cell[place] === "number" ? String(cell[place]) : ""; }),
              has ? "shown" : about.why[cell]
            );
          });
        })
      )
    };
  }
})();
