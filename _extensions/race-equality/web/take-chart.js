// Each chart can be taken away: as a picture with its title, source, licence and page in it, and its figures as CSV.
// It runs before charts.js, which puts other elements in the place of the images. Without script the pictures stay as
// they are, and the figures are in the downloads of the page.
(function () {
  "use strict";
  var SVG = "http://www.w3.org/2000/svg";
  var FONT = "Arimo, Arial, 'Liberation Sans', Helvetica, sans-serif";
  var SIDE = 16; // pixels around the picture
  var LEAST_WIDTH = 480; // of a picture, so that a long title has few lines
  var SCALE = 2; // of a PNG, for print and large screens
  var VEGA = /^(Title text|[XY]-axis|Symbol legend|Gradient legend)/; // its own words for parts that are no mark
  var STYLE =
    // at the end of the caption's last line, where it takes hardly any room of its own
    "figure:has(>.chart-take){position:relative}figure:has(>.chart-take)>figcaption{display:inline}" +
    ".chart-take{display:inline-block;margin:0 0 .5rem .5rem;font-size:1rem}" +
    ".board-summary figure:has(>.chart-take){font-size:.875rem;line-height:1.125rem}.board-summary .chart-take{margin-bottom:0;font-size:.875rem}" +
    ".chart-take summary{cursor:pointer;text-decoration:underline;color:var(--link,#005eb8)}" +
    ".chart-take:not([open]) ul{display:none}" +
    ".chart-take ul{position:absolute;z-index:5;left:0;box-sizing:border-box;margin:0;padding:.5rem .75rem;list-style:none;width:max-content;" +
    "max-width:100%;font-size:1rem;background:var(--ground,#fff);color:var(--text,#212b32);" +
    "border:2px solid currentColor}" +
    ".chart-take li{margin:0;padding:.25rem 0}" +
    ".chart-take button{font:inherit;padding:0;border:0;background:none;text-align:left;cursor:pointer;" +
    "text-decoration:underline;color:var(--link,#005eb8)}" +
    "@media print{.chart-take{display:none}}";

  var images = document.querySelectorAll('figure img[src^="data:image/svg+xml;base64,"]');
  if (!images.length) return;
  var style = document.createElement("style");
  style.textContent = STYLE;
  document.head.appendChild(style);
  Array.prototype.forEach.call(images, offer);

  function text(element) {
    return element ? element.textContent.replace(/\s+/g, " ").trim() : "";
  }

  function offer(image, number) {
    var bytes = atob(image.src.slice(image.src.indexOf(",") + 1));
    var source = new TextDecoder().decode(Uint8Array.from(bytes, function (c) { return c.charCodeAt(0); }));
    var picture = new DOMParser().parseFromString(source, "image/svg+xml").documentElement;
    if (picture.tagName !== "svg") return;
    // a script in an image does not run, but would in a file that is opened
    Array.prototype.forEach.call(picture.querySelectorAll("script, foreignObject"), function (one) { one.remove(); });
    [picture].concat(Array.prototype.slice.call(picture.querySelectorAll("*"))).forEach(function (one) {
      Array.prototype.slice.call(one.attributes).forEach(function (attribute) {
        if (/^on/i.test(attribute.name)) one.removeAttribute(attribute.name);
      });
    });
    var figure = image.closest("figure");
    var caption = text(figure.querySelector("figcaption"));
    var name = (/^Figure\s[\d.]+/.exec(caption) || ["this chart"])[0];
    if (!figure.id) figure.id = "chart-" + (number + 1);
    var stem = (location.pathname.split("/").pop().replace(/\.html?$/, "") || "index") + "-" + figure.id;
    var chart = {
      picture: picture,
      marks: Array.prototype.map.call(picture.querySelectorAll("[aria-label]"), function (one) {
        return one.getAttribute("aria-label");
      }).filter(function (said) { return !VEGA.test(said); }),
      caption: caption,
      address: location.protocol === "file:" ? "" : location.href.split("#")[0] + "#" + figure.id
    };
    var details = document.createElement("details"), list = document.createElement("ul");
    details.className = "chart-take";
    var summary = details.appendChild(document.createElement("summary"));
    summary.textContent = "Save";
    summary.setAttribute("aria-label", "Save " + name);
    details.appendChild(list);
    add("Picture for a slide or a document (PNG)", function () { savePng(now(), stem + ".png"); });
    add("Picture that can be enlarged (SVG)", function () { save(svgOf(now()), "image/svg+xml", stem + ".svg"); });
    if (chart.marks.length) {
      // Excel reads UTF-8 only with the mark at the beginning
      add("Figures of the chart (CSV)", function () { save("\ufeff" + csvOf(now()), "text/csv", stem + ".csv"); });
    }
    add("Reference to cite it (RIS)", function () { save(referenceOf(chart), "application/x-research-info-systems", stem + ".ris"); });
    var link = document.createElement("a");
    link.href = "#" + figure.id;
    link.textContent = "Link to this chart";
    list.appendChild(document.createElement("li")).appendChild(link);
    var head = figure.querySelector("figcaption");
    if (head && head.compareDocumentPosition(image) & Node.DOCUMENT_POSITION_FOLLOWING) head.after(details);
    else figure.appendChild(details);
    details.addEventListener("keydown", function (event) {
      if (event.key !== "Escape" || !details.open) return;
      details.open = false;
      summary.focus();
    });
    details.addEventListener("focusout", function (event) {
      if (event.relatedTarget && !details.contains(event.relatedTarget)) details.open = false;
    });

    // A chart that answers to its reader is taken away as it is now.
    function now() {
      return figure.chartNow ? Object.assign({}, chart, figure.chartNow()) : chart;
    }

    function add(said, act) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = said;
      button.addEventListener("click", act);
      list.appendChild(document.createElement("li")).appendChild(button);
    }
  }

  // ---- the picture ----

  // The lines of a text within a width, and the width of each, in pixels.
  function wrap(said, size, weight, width) {
    var pen = document.createElement("canvas").getContext("2d"), lines = [""];
    pen.font = weight + " " + size + "px " + FONT;
    said.split(" ").forEach(function (word) {
      var last = lines[lines.length - 1], longer = last ? last + " " + word : word;
      if (!last || pen.measureText(longer).width <= width) lines[lines.length - 1] = longer;
      else lines.push(word);
    });
    return lines.map(function (line) { return { said: line, width: pen.measureText(line).width }; });
  }

  // The picture between its title and what it rests on: notice, source, page, licence.
  function svgOf(chart) {
    var own = { width: parseFloat(chart.picture.getAttribute("width")), height: parseFloat(chart.picture.getAttribute("height")) };
    var width = Math.max(own.width, LEAST_WIDTH) + 2 * SIDE, y = SIDE;
    var outer = document.createElementNS(SVG, "svg");
    var ground = outer.appendChild(document.createElementNS(SVG, "rect"));
    function write(said, size, weight, fill) {
      wrap(said, size, weight, width - 2 * SIDE).forEach(function (line) {
        var one = outer.appendChild(document.createElementNS(SVG, "text"));
        y += size * 1.3;
        // another font is set as wide as this one, as in the picture itself
        var set = { x: SIDE, y: y, "font-size": size, "font-weight": weight, fill: fill,
          textLength: line.width.toFixed(1), lengthAdjust: "spacingAndGlyphs" };
        Object.keys(set).forEach(function (key) { one.setAttribute(key, set[key]); });
        one.textContent = line.said;
      });
    }
    var said = partsOf(chart.caption);
    write(said.title, 16, "bold", "#212b32");
    y += SIDE / 2;
    var inner = document.importNode(chart.picture, true);
    inner.setAttribute("x", SIDE);
    inner.setAttribute("y", y);
    outer.appendChild(inner);
    y += own.height;
    [said.source, text(document.querySelector(".notice")), text(document.querySelector(".board-mark")), pageTitle() + ".",
      chart.address, licence()]
      .filter(Boolean).forEach(function (line) { write(line, 12, "normal", "#3d3d3d"); });
    y += SIDE;
    var set = { xmlns: SVG, width: width, height: y, viewBox: "0 0 " + width + " " + y, "font-family": FONT };
    Object.keys(set).forEach(function (key) { outer.setAttribute(key, set[key]); });
    [["width", width], ["height", y], ["fill", "#fff"]].forEach(function (pair) { ground.setAttribute(pair[0], pair[1]); });
    return new XMLSerializer().serializeToString(outer);
  }

  function partsOf(caption) {
    var said = /^(?:Figure\s[\d.]+:\s*)?(.*?\.)(?:\s+(.*))?$/.exec(caption) || ["", caption, ""];
    return { title: said[1].replace(/\.$/, ""), source: said[2] };
  }

  function pageTitle() {
    return [text(document.querySelector("h1")), text(document.querySelector(".subtitle"))].filter(Boolean).join(", ");
  }

  // For Zotero, EndNote, Mendeley and Word: a field a line, as RIS has them.
  function referenceOf(chart) {
    var said = partsOf(chart.caption), date = /^\d{4}-\d{2}-\d{2}$/.exec(text(document.querySelector(".title-block .date")));
    var fields = [["TY", "CHART"], ["TI", said.title], ["T2", pageTitle()], ["T3", text(document.querySelector(".site-title, .navbar-title"))],
      ["DA", date && date[0].replace(/-/g, "/")], ["PY", date && date[0].slice(0, 4)], ["UR", chart.address],
      ["N1", [said.source, text(document.querySelector(".notice")), licence()].filter(Boolean).join(" ")]];
    return fields.filter(function (field) { return field[1]; }).map(function (field) { return field.join("  - "); })
      .concat("ER  - ", "").join("\r\n");
  }

  // The page's own words: a page from a trust's return says something else.
  function licence() {
    var sentence = /[^.]*licen[cs]ed under(?:[^.]|\.\d)*\.?/i.exec(text(document.querySelector("footer")));
    return sentence ? sentence[0].trim() : "";
  }

  function savePng(chart, name) {
    var image = new Image();
    image.onload = function () {
      var canvas = document.createElement("canvas");
      canvas.width = image.width * SCALE;
      canvas.height = image.height * SCALE;
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(function (blob) { save(blob, "image/png", name); }, "image/png");
    };
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svgOf(chart));
  }

  // ---- the figures ----

  // A row for each mark, from the words that the mark says: "Asian: 12.3% (95% interval 10.1 to 14.9)".
  function csvOf(chart) {
    if (chart.table) return lines(chart.table);
    var rows = [["mark", "says", "value", "lower_95", "upper_95", "chart", "address"]];
    chart.marks.forEach(function (said) {
      var parts = /^(.*?): (.*)$/.exec(said) || ["", said, ""];
      var value = /^[+\u2212-]?[\d,]*\.?\d+/.exec(parts[2]);
      var limits = /\((?:95% interval )?([+\u2212-]?[\d,.]+) to ([+\u2212-]?[\d,.]+)\)/.exec(parts[2]) || [];
      rows.push([parts[1], parts[2], plain(value && value[0]), plain(limits[1]), plain(limits[2]), chart.caption, chart.address]);
    });
    return lines(rows);
  }

  function lines(rows) {
    return rows.map(function (row) { return row.map(cell).join(",") + "\r\n"; }).join("");
  }

  function plain(number) {
    return (number || "").replace(/,/g, "").replace("\u2212", "-").replace("+", "");
  }

  // A spreadsheet must not take a text for a formula.
  function cell(value) {
    if (/^[=+@\t\r-]/.test(value) && !/^-?[\d.]+$/.test(value)) value = "'" + value;
    return /[",\r\n]/.test(value) ? '"' + value.replace(/"/g, '""') + '"' : value;
  }

  function save(content, kind, name) {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type: kind + ";charset=utf-8" }));
    link.download = name;
    document.body.appendChild(link);
    link.click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
  }
})();
