// Charts answer to pointer, touch and keyboard: each mark says its figure, and a trust can be looked up.
// Without script the pictures stay as they are. Nothing here is drawn, rounded or computed: a mark shows
// the words that the picture itself holds (race_equality.report.chart_builders).
(function () {
  "use strict";
  var SVG = "http://www.w3.org/2000/svg";
  var NEAR = 24; // pixels between a pointer and the mark that it means
  var TRUST = /^(?:(.+) )?\(?\b([A-Z0-9]{3,5})\)?: (.+)$/; // "Barts Health (R1H): 16.3% ..."
  var FEW = 10; // fewer trusts than this are seen at a glance
  var STYLE =
    "figure svg.chart{display:block;font-family:var(--font);max-width:100%;height:auto;background:#fff;overflow:visible}" +
    "svg.chart [data-mark]{outline:none;cursor:default}" +
    "@media screen and (max-width:40rem){.figure-scroll svg.chart{max-width:none}}" +
    "@media (prefers-color-scheme:dark){figure svg.chart{padding:.5rem;border-radius:4px}}" +
    ".chart-tip{position:fixed;z-index:10;max-width:20rem;padding:.4rem .6rem;background:#212b32;color:#fff;" +
    "border:2px solid #fff;border-radius:4px;font-size:1rem;line-height:1.35;overflow-wrap:anywhere}" +
    ".chart-tip[hidden]{display:none}.chart-tip b,.chart-tip span,.chart-tip small{display:block}" +
    ".chart-tip small{font-size:.875rem;color:#d8dde0}" +
    ".chart-find{margin:0 0 .75rem;font-size:1rem}" +
    ".chart-find label{display:block;font-weight:bold;margin-bottom:.25rem}" +
    ".chart-find input{font:inherit;box-sizing:border-box;width:100%;max-width:28rem;padding:.4rem;" +
    "border:2px solid var(--text,#212b32);border-radius:0;background:var(--ground,#fff);color:var(--text,#212b32)}" +
    ".chart-find p{margin:.25rem 0 0;min-height:1.4em}" +
    "@media print{.chart-tip,.chart-find,.chart-ring,.chart-pin{display:none}}";

  var charts = Array.prototype.map
    .call(document.querySelectorAll('figure img[src^="data:image/svg+xml;base64,"]'), open)
    .filter(Boolean);
  if (!charts.length) return;

  var style = document.createElement("style");
  style.textContent = STYLE;
  document.head.appendChild(style);

  var tip = document.createElement("div");
  tip.className = "chart-tip";
  tip.setAttribute("aria-hidden", "true"); // the mark itself says the same
  tip.hidden = true;
  (document.querySelector("main") || document.body).appendChild(tip);
  var shown = null; // the mark that the tip belongs to
  var leaving;

  charts.forEach(listen);
  lookUp(charts.filter(function (chart) { return Object.keys(chart.trusts).length >= FEW; }));

  // ---- the picture ----

  // Puts the picture's own SVG in the place of the image, and makes its marks reachable.
  function open(image, number) {
    var source = atob(image.src.slice(image.src.indexOf(",") + 1));
    var text = new TextDecoder().decode(Uint8Array.from(source, function (c) { return c.charCodeAt(0); }));
    if (text.indexOf(" aria-label=") < 0) return null;
    // Two pictures on a page must not share an identifier.
    text = text.replace(/(\bid="|url\(#|href="#)([\w-]+)/g, "$1chart-" + number + "-$2");
    var parsed = new DOMParser().parseFromString(text, "image/svg+xml");
    if (parsed.querySelector("parsererror")) return null;
    // A script inside an image does not run; inside the page it might.
    each(parsed, "script, foreignObject, title, desc", function (element) { element.remove(); });
    each(parsed, "*", function (element) {
      Array.prototype.slice.call(element.attributes).forEach(function (attribute) {
        if (/^on/i.test(attribute.name)) element.removeAttribute(attribute.name);
      });
      // Vega's own words for titles and axes, in charts that were drawn without ours
      ["role", "aria-roledescription", "aria-hidden"].forEach(function (name) { element.removeAttribute(name); });
      if (/^(Title text|[XY]-axis|Symbol legend|Gradient legend)/.test(element.getAttribute("aria-label"))) {
        element.removeAttribute("aria-label");
      }
    });
    var svg = document.importNode(parsed.documentElement, true);
    var marks = [];
    each(svg, "*", function (element) {
      if (element.hasAttribute("aria-label")) marks.push(element);
      else if (element.tagName === "text") element.setAttribute("aria-hidden", "true");
    });
    if (!marks.length) return null;

    var figure = image.closest("figure");
    var caption = (figure.querySelector("figcaption") || figure).textContent;
    var name = (/^\s*(Figure\s[\d.]+)/.exec(caption) || ["", "this chart"])[1].replace(/\s+/g, " ");
    // The background of the picture carries its description, as the image did.
    var ground = svg.querySelector("rect");
    ground.setAttribute("role", "img");
    ground.setAttribute("aria-label", image.alt);
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", marks.length === 1 ? "Mark in " + name
      : "Marks in " + name + ": " + marks.length + ". Arrow keys go from one to the next.");
    svg.classList.add("chart");
    var trusts = {};
    marks.forEach(function (mark, at) {
      mark.setAttribute("role", "img");
      mark.setAttribute("tabindex", at ? "-1" : "0");
      mark.setAttribute("data-mark", "");
      var found = TRUST.exec(mark.getAttribute("aria-label"));
      if (found && /[A-Z]/.test(found[2])) {
        var trust = trusts[found[2]] || (trusts[found[2]] = {
          code: found[2], name: found[1] ? found[1] + " (" + found[2] + ")" : found[2], marks: [], said: []
        });
        trust.marks.push(mark);
        trust.said.push(found[3]);
      }
    });
    image.replaceWith(svg);
    return { svg: svg, marks: marks, figure: figure, name: name, trusts: trusts };
  }

  function each(root, selector, act) {
    Array.prototype.forEach.call(root.querySelectorAll(selector), act);
  }

  // Where a mark lies in the picture's own units.
  function place(svg, mark) {
    var outer = svg.getBoundingClientRect(), box = mark.getBoundingClientRect();
    var padding = parseFloat(getComputedStyle(svg).paddingLeft) || 0;
    var scale = svg.viewBox.baseVal.width / (outer.width - 2 * padding);
    return {
      x: (box.left - outer.left - padding) * scale, y: (box.top - outer.top - padding) * scale,
      width: box.width * scale, height: box.height * scale
    };
  }

  // Draws a frame around a mark: dark within white, so that it is seen on every colour.
  function frame(svg, mark, kind) {
    var at = place(svg, mark), group = document.createElementNS(SVG, "g");
    group.setAttribute("class", kind);
    group.setAttribute("aria-hidden", "true");
    group.setAttribute("pointer-events", "none");
    group.setAttribute("fill", "none");
    [["#fff", 6], ["#212b32", 2.5]].forEach(function (stroke) {
      var one = document.createElementNS(SVG, "rect");
      var set = { x: at.x - 5, y: at.y - 5, width: at.width + 10, height: at.height + 10, rx: 6,
        stroke: stroke[0], "stroke-width": stroke[1] };
      Object.keys(set).forEach(function (key) { one.setAttribute(key, set[key]); });
      group.appendChild(one);
    });
    svg.appendChild(group);
    return group;
  }

  // ---- pointer, touch and keys ----

  function show(chart, mark, byKey) {
    clearTimeout(leaving);
    if (shown !== mark) {
      hide();
      shown = mark;
      frame(chart.svg, mark, "chart-ring");
      // "Measure, group: figure", "Trust (CODE): figure": what it is, then how much
      var said = /^(.*?): (.*)$/.exec(mark.getAttribute("aria-label")) || ["", "", mark.getAttribute("aria-label")];
      tip.textContent = "";
      [["b", said[1]], ["span", said[2]], ["small", byKey && chart.marks.length > 1 ? "Arrow keys: next. Esc: close." : ""]]
        .forEach(function (line) {
          if (line[1]) tip.appendChild(document.createElement(line[0])).textContent = line[1];
        });
    }
    tip.hidden = false;
    settle();
  }

  // Puts the tip above its mark, or below where there is no room, and within the window.
  function settle() {
    if (!shown) return;
    var box = shown.getBoundingClientRect(), size = tip.getBoundingClientRect();
    var left = box.left + box.width / 2 - size.width / 2;
    var top = box.top - size.height - 10;
    tip.style.left = Math.max(4, Math.min(left, document.documentElement.clientWidth - size.width - 4)) + "px";
    tip.style.top = (top < 4 ? box.bottom + 10 : top) + "px";
  }

  function hide() {
    clearTimeout(leaving);
    tip.hidden = true;
    shown = null;
    each(document, ".chart-ring", function (ring) { ring.remove(); });
  }

  function hideSoon() {
    clearTimeout(leaving);
    leaving = setTimeout(hide, 200);
  }

  tip.addEventListener("pointerenter", function () { clearTimeout(leaving); });
  tip.addEventListener("pointerleave", hideSoon);
  window.addEventListener("scroll", settle, { passive: true, capture: true });
  window.addEventListener("resize", hide);
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") hide(); });

  function listen(chart) {
    var svg = chart.svg, centres, width;

    // The mark under the pointer, or the nearest one: dots are smaller than fingers.
    function meant(event) {
      var target = event.target.closest("[data-mark]");
      if (target) return target;
      var outer = svg.getBoundingClientRect();
      if (!centres || width !== outer.width) {
        width = outer.width;
        centres = chart.marks.map(function (mark) {
          var box = mark.getBoundingClientRect();
          return [box.left + box.width / 2 - outer.left, box.top + box.height / 2 - outer.top];
        });
      }
      var x = event.clientX - outer.left, y = event.clientY - outer.top, best = NEAR, found = null;
      centres.forEach(function (centre, at) {
        var far = Math.hypot(centre[0] - x, centre[1] - y);
        if (far < best) { best = far; found = chart.marks[at]; }
      });
      return found;
    }

    function point(event) {
      var mark = meant(event);
      if (mark) show(chart, mark, false);
      else if (shown && svg.contains(shown) && shown !== document.activeElement) hideSoon();
    }
    svg.addEventListener("pointermove", point);
    svg.addEventListener("click", point);
    svg.addEventListener("pointerleave", function (event) {
      if (event.pointerType === "mouse" && shown !== document.activeElement) hideSoon();
    });

    // Not on the svg: Chromium makes one that listens to the focus a stop of the tab key itself.
    chart.figure.addEventListener("focusin", function (event) {
      if (chart.marks.indexOf(event.target) >= 0) show(chart, event.target, true);
    });
    chart.figure.addEventListener("focusout", hide);
    svg.addEventListener("keydown", function (event) {
      var at = chart.marks.indexOf(event.target), last = chart.marks.length - 1;
      var to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1,
        PageDown: at + 10, PageUp: at - 10, Home: 0, End: last }[event.key];
      if (at < 0 || to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      reach(chart, chart.marks[Math.max(0, Math.min(last, to))]);
    });
  }

  // One mark of a chart is a stop of the tab key: the one that was reached last.
  function reach(chart, mark) {
    chart.marks.forEach(function (one) { one.setAttribute("tabindex", one === mark ? "0" : "-1"); });
    mark.focus();
  }

  // ---- find a trust ----

  function plain(text) {
    return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "")
      .replace(/[\u2019']/g, "").replace(/\bsaint\b/g, "st").replace(/&/g, " and ")
      .replace(/[^a-z0-9]+/g, " ").trim();
  }

  // A box for each chart of trusts; what is found in one is marked in all of them.
  function lookUp(ofTrusts) {
    if (!ofTrusts.length) return;
    var every = {};
    ofTrusts.forEach(function (chart) {
      Object.keys(chart.trusts).forEach(function (code) { every[code] = chart.trusts[code].name; });
    });
    var codes = Object.keys(every).sort(function (a, b) { return every[a].localeCompare(every[b]); });
    var list = document.createElement("datalist");
    list.id = "trusts-in-charts";
    codes.forEach(function (code) { list.appendChild(document.createElement("option")).value = every[code]; });

    function search(asked) {
      var code = asked.trim().toUpperCase(), words = plain(asked).split(" ").filter(Boolean);
      var exact = codes.filter(function (one) { return one === code || every[one] === asked.trim(); });
      if (exact.length || !words.length) return exact;
      return codes.filter(function (one) {
        var name = plain(every[one]);
        return words.every(function (word) { return name.indexOf(word) >= 0; });
      });
    }

    function pin(code) {
      each(document, ".chart-pin", function (one) { one.remove(); });
      ofTrusts.forEach(function (chart) {
        var trust = chart.trusts[code];
        if (!trust) return;
        trust.marks.forEach(function (mark) { frame(chart.svg, mark, "chart-pin"); });
        chart.marks.forEach(function (one) { one.setAttribute("tabindex", one === trust.marks[0] ? "0" : "-1"); });
      });
    }

    function saidOf(chart, code) {
      var trust = chart.trusts[code];
      return trust ? trust.name + ": " + trust.said.join("; ")
        : every[code] + " has no figure in " + chart.name + ".";
    }

    // The result is shown under every box, and is read out once.
    function answer(box) {
      var found = search(box.input.value), one = found.length === 1 ? found[0] : null;
      boxes.forEach(function (other) {
        other.status.textContent = one ? saidOf(other.chart, one) : "";
        if (one && other !== box) other.input.value = every[one];
      });
      if (!one && box.input.value.trim()) {
        box.status.textContent = found.length ? found.length + " trusts have that in their name. Type more of it."
          : "No trust found. Check the spelling or try part of the name.";
      }
      pin(one);
      heard.textContent = box.status.textContent;
    }

    var heard = document.createElement("p");
    heard.className = "visually-hidden";
    heard.setAttribute("role", "status");
    tip.before(heard);

    var boxes = ofTrusts.map(function (chart, number) {
      var form = document.createElement("form"), id = "find-in-chart-" + number;
      form.className = "chart-find";
      form.innerHTML = '<label for="' + id + '"></label><input id="' + id + '" type="search" autocomplete="off" ' +
        'spellcheck="false" list="trusts-in-charts"><p></p>';
      form.querySelector("label").textContent = "Find a trust in " + chart.name + ", by name or code";
      var box = { input: form.querySelector("input"), status: form.querySelector("p"), chart: chart }, rest;
      box.input.addEventListener("input", function () {
        clearTimeout(rest);
        // the screen reader's message waits until the typing pauses
        rest = setTimeout(function () { answer(box); }, 400);
      });
      form.addEventListener("submit", function (event) {
        event.preventDefault();
        clearTimeout(rest);
        answer(box);
      });
      var frameOfChart = chart.svg.closest(".figure-scroll") || chart.svg;
      frameOfChart.parentNode.insertBefore(form, frameOfChart);
      return box;
    });
    boxes[0].input.after(list);
  }
})();
