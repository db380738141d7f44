// Compares trusts that the reader chooses, on the page made by notebooks/compare.ipynb. What is computed here is what
// race_equality.analysis.comparison computes, of the same rounded figures: tests/site/test_compare.py compares the two.
// Whatever the page's address says is shown as text, and only choices that the page offers are taken from it.
(function () {
  "use strict";
  var box = document.getElementById("compare"), source = document.getElementById("compare-data");
  if (!box || !source) return;
  var data = JSON.parse(source.textContent);
  var Z = 1.959963984540054; // of 95%
  var MOST = 5; // trusts side by side
  var PLACES = ["Second trust", "Third trust", "Fourth trust", "Fifth trust"];
  var MINUS = "\u2212", NONE = { ratio: 1 };
  var byCode = {};
  data.trusts.forEach(function (trust, i) { byCode[trust[0]] = i; });
  // Trusts whose report a build has made: the list that is there without a script says so.
  var reports = {};
  Array.prototype.forEach.call(box.querySelectorAll("a.trust[href]"), function (link) {
    reports[link.getAttribute("href").replace(/^.*\/|\.html$/g, "")] = link.getAttribute("href");
  });

  // ---- statistics ----

  // Wilson's interval, in per cent.
  function wilson(count, people) {
    var p = count / people, half = Z * Math.sqrt(Z * Z + 4 * count * (1 - p)), scale = 2 * (people + Z * Z);
    return {
      value: 100 * p,
      lower: count === 0 ? 0 : 100 * (2 * count + Z * Z - half) / scale,
      upper: count === people ? 100 : 100 * (2 * count + Z * Z + half) / scale
    };
  }

  // The gap within trusts: Mantel-Haenszel's, with Sato's interval, in percentage points.
  function gapWithin(first, second) {
    var weight = 0, top = 0, level = 0, both = 0;
    first.forEach(function (one, i) {
      var x1 = one[0] / 100 * one[3], n1 = one[3], x2 = second[i][0] / 100 * second[i][3], n2 = second[i][3], n = n1 + n2;
      if (!n1 || !n2) return;
      weight += n1 * n2 / n;
      top += (x1 * n2 - x2 * n1) / n;
      level += (n1 * n1 * x2 - n2 * n2 * x1 + n1 * n2 * (n2 - n1) / 2) / (n * n);
      both += (x1 * (n2 - x2) + x2 * (n1 - x1)) / (2 * n);
    });
    var gap = top / weight, away = Z * Math.sqrt(Math.max(0, (gap * level + both) / (weight * weight)));
    return { value: 100 * gap, lower: 100 * Math.max(-1, gap - away), upper: 100 * Math.min(1, gap + away) };
  }

  // Standard deviation between trusts beyond chance, by restricted maximum likelihood.
  function between(values, errors) {
    var own = errors.map(function (e) { return e * e; }), number = values.length;
    function mean(list, weights) {
      var top = 0, whole = 0;
      list.forEach(function (v, i) { var w = weights ? weights[i] : 1; top += v * w; whole += w; });
      return top / whole;
    }
    var least = Math.min.apply(null, own), middle = mean(values), found, step, squares = 0;
    values.forEach(function (v) { squares += (v - middle) * (v - middle); });
    step = found = Math.max(0, squares / (number - 1) - mean(own));
    for (var turn = 0; turn < 1000; turn++) {
      var weights = own.map(function (o) { return 1 / (o + found); }), top = 0, below = 0, whole = 0;
      middle = mean(values, weights);
      values.forEach(function (v, i) {
        var w = weights[i];
        top += w * w * ((v - middle) * (v - middle) - own[i]);
        below += w * w;
        whole += w;
      });
      step = Math.max(0, top / below + 1 / whole);
      if (Math.abs(step - found) <= 1e-10 * (step + least)) break;
      found = step;
    }
    return Math.sqrt(step);
  }

  function quantile(sorted, share) {
    var at = share * (sorted.length - 1), low = Math.floor(at), high = Math.ceil(at);
    return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
  }

  function rounded(value, decimals) {
    var text = value.toFixed(decimals);
    return Number(text) === 0 ? 0 : Number(text);
  }

  // The second compared with the first, its interval recovered from both (MOVER); null without an interval.
  function difference(row, first, second) {
    var all = [first.value, first.lower, first.upper, second.value, second.lower, second.upper];
    var ratio = row.unit === "ratio", step = Math.pow(10, -row.decimals), none = NONE[row.unit] || 0;
    if (all.some(function (n) { return n === null || n === undefined || n !== n || (ratio && n <= 0); })) return null;
    var away = Z * (second.between || 0);
    var low = second.value - Math.hypot(second.value - second.lower, away);
    var high = second.value + Math.hypot(second.value - second.upper, away);
    var n = [second.value, low, high, first.value, first.lower, first.upper];
    if (ratio) n = n.map(Math.log);
    var middle = n[0] - n[3];
    var found = [middle, middle - Math.hypot(n[0] - n[1], n[5] - n[3]), middle + Math.hypot(n[2] - n[0], n[3] - n[4])];
    if (ratio) found = found.map(Math.exp);
    // wider by the last decimal, in which the figures are rounded; what is printed is what is read
    var lower = rounded(found[1] - step, row.decimals), upper = rounded(found[2] + step, row.decimals);
    return { value: found[0], lower: lower, upper: upper, reading: lower > none ? "higher" : upper < none ? "lower" : "unclear" };
  }

  // ---- what is chosen ----

  // Trusts of a group; a trust whose trait is not known is in no group that is chosen by it.
  function membersOf(group, without) {
    var members = [], unknown = 0;
    data.trusts.forEach(function (trust, i) {
      var open = false, out = i === without;
      data.traits.forEach(function (trait, t) {
        if (group[trait.id] === undefined || out) return;
        var value = trust[2 + t];
        if (value === null) open = true;
        else if (value !== group[trait.id]) out = true;
      });
      if (out) return;
      if (open) unknown++; else members.push(i);
    });
    return { members: members, unknown: unknown };
  }

  function slug(words) { return words.toLowerCase().replace(/,/g, "").replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, ""); }

  // What an address asks for, and what of it cannot be had, in words.
  function read(address) {
    var state = { trusts: [], group: null }, problems = [], asked = new URLSearchParams(address.replace(/^#/, ""));
    (asked.get("trusts") || "").split(",").filter(Boolean).forEach(function (text) {
      var code = text.trim().toUpperCase(), closed = Object.prototype.hasOwnProperty.call(data.closed, code) && data.closed[code];
      var known = Object.prototype.hasOwnProperty.call(byCode, code);
      if (!known && closed) {
        var when = closed[2] ? " on " + closed[2] : "", old = closed[0] + " (" + code + ")";
        known = Object.prototype.hasOwnProperty.call(byCode, closed[1]);
        if (!known) {
          problems.push(old + " closed" + when + ". Its services were divided, so no trust is shown in its place.");
          return;
        }
        code = closed[1];
        problems.push(old + " became part of another trust" + when + ": " + data.trusts[byCode[code]][1] + " (" + code + ") is shown.");
      }
      if (!known) {
        problems.push("\u201c" + short(text) + "\u201d in the address is not the code of a trust in England, and is left out.");
      } else if (state.trusts.indexOf(byCode[code]) < 0) state.trusts.push(byCode[code]);
    });
    if (state.trusts.length > MOST) {
      problems.push("The address names more than five trusts. The first five are shown.");
      state.trusts = state.trusts.slice(0, MOST);
    }
    data.traits.forEach(function (trait) {
      var text = asked.get(trait.id);
      if (text === null) return;
      var place = trait.values.map(slug).indexOf(slug(text));
      if (place < 0) {
        problems.push("\u201c" + short(text) + "\u201d in the address is not a choice of \u201c" + trait.name + "\u201d, and is left out.");
        return;
      }
      state.group = state.group || {};
      state.group[trait.id] = place;
    });
    if (asked.get("group") !== null) state.group = state.group || {};
    if (state.group && state.trusts.length > 1) {
      problems.push("The address names several trusts and a group. The group is compared with the first of them.");
      state.trusts = state.trusts.slice(0, 1);
    }
    // a report's link names one trust: its kind is the first thing to compare it with
    if (!state.group && state.trusts.length === 1) state.group = ofKind(state.trusts[0]);
    return { state: state, problems: problems };
  }

  function ofKind(trust) {
    var group = {}, kind = data.trusts[trust][2];
    if (kind !== null && membersOf({ kind: kind }, trust).members.length >= data.fewest) group.kind = kind;
    return group;
  }

  function short(text) { return text.length > 30 ? text.slice(0, 30) + "\u2026" : text; }

  function write(state) {
    if (!state.trusts.length) return "";
    var parts = ["trusts=" + state.trusts.map(function (i) { return data.trusts[i][0]; }).join(",")];
    if (state.group) {
      data.traits.forEach(function (trait) {
        if (state.group[trait.id] !== undefined) parts.push(trait.id + "=" + slug(trait.values[state.group[trait.id]]));
      });
      if (parts.length === 1) parts.push("group=all");
    }
    return "#" + parts.join("&");
  }

  // ---- the comparison ----

  function cellOf(row, trust) {
    var cell = row.cells[trust];
    if (!Array.isArray(cell)) return { why: data.statuses[cell] };
    return { value: cell[0], lower: cell[1], upper: cell[2], period: cell[4] };
  }

  // Only figures of one period, and only those that are shown: what is hidden is in no group's figure.
  function together(row, members, period) {
    var those = [], hidden = 0;
    members.forEach(function (i) {
      var cell = row.cells[i];
      if (!Array.isArray(cell)) { if (data.statuses[cell] === data.hidden) hidden++; }
      else if (cell[4] === period) those.push(i);
    });
    var found = { trusts: those.length, of: members.length, hidden: hidden, period: period };
    if (those.length < data.fewest) {
      found.why = those.length ? "Fewer than three of these trusts have a figure" : "No data";
      return found;
    }
    var cells = those.map(function (i) { return row.cells[i]; });
    var parts = row.parts.map(function (part) { return those.map(function (i) { return data.parts[part].cells[i]; }); });
    var counted = parts.length > 0 && parts.every(function (list) {
      return list.every(function (cell) { return Array.isArray(cell) && cell[3] !== null; });
    });
    if (counted) {
      var pooled;
      if (parts.length === 2) pooled = gapWithin(parts[0], parts[1]);
      else {
        var count = 0, people = 0;
        parts[0].forEach(function (cell) { count += cell[0] / 100 * cell[3]; people += cell[3]; });
        pooled = wilson(count, people);
      }
      found.value = pooled.value;
      found.lower = pooled.lower;
      found.upper = pooled.upper;
      var rounding = Math.pow(10, -row.decimals) / Math.sqrt(12);
      found.between = between(
        cells.map(function (cell) { return cell[0]; }),
        cells.map(function (cell) { return Math.hypot((cell[2] - cell[1]) / (2 * Z), rounding); })
      );
    }
    var sorted = cells.map(function (cell) { return cell[0]; }).sort(function (a, b) { return a - b; });
    found.quarter = quantile(sorted, 0.25);
    found.threeQuarters = quantile(sorted, 0.75);
    return found;
  }

  function periodOfMost(row, members) {
    var times = {}, most = -1;
    members.forEach(function (i) {
      var cell = row.cells[i];
      if (!Array.isArray(cell)) return;
      times[cell[4]] = (times[cell[4]] || 0) + 1;
      if (most < 0 || times[cell[4]] > times[most]) most = cell[4];
    });
    return most;
  }

  function compare(state) {
    var members = state.group ? membersOf(state.group, state.trusts[0]).members : [];
    return data.rows.map(function (row) {
      var first = cellOf(row, state.trusts[0]);
      var others = state.group
        ? [together(row, members, first.why ? periodOfMost(row, members) : first.period)]
        : state.trusts.slice(1).map(function (i) { return cellOf(row, i); });
      return {
        row: row,
        cells: [first].concat(others),
        differences: others.map(function (other) {
          if (first.why || other.why) return null;
          return first.period !== other.period ? { reading: "other period" } : difference(row, first, other);
        })
      };
    });
  }

  // ---- words ----

  function signed(value, decimals) {
    var text = Math.abs(value).toFixed(decimals);
    return Number(text) === 0 ? text : (value > 0 ? "+" : MINUS) + text;
  }

  function plain(value, decimals) { return (Number(value.toFixed(decimals)) < 0 ? MINUS : "") + Math.abs(value).toFixed(decimals); }

  function number(row, value) {
    return row.unit === "percent" || row.unit === "ratio" ? plain(value, row.decimals) : signed(value, row.decimals);
  }

  function figure(row, value) {
    return number(row, value) + (row.unit === "percent" ? "%" : row.unit === "percent a year" ? "% a year" : "");
  }

  function range(row, lower, upper) { return number(row, lower) + " to " + number(row, upper); }

  var READINGS = { higher: "Higher", lower: "Lower", unclear: "Not clear" };

  function amount(row, found) {
    if (row.unit === "ratio") {
      return found.value.toFixed(2) + " times (" + found.lower.toFixed(2) + " to " + found.upper.toFixed(2) + ")";
    }
    var d = row.decimals;
    // the unit is in the first column; of several trusts there is room for the numbers alone
    return signed(found.value, d) + (names.length > 2 ? " (" : " points (") + signed(found.lower, d) + " to " + signed(found.upper, d) + ")";
  }

  function nameOf(trust) { return data.trusts[trust][1]; }
  function shortName(trust) { return nameOf(trust).replace(/\s+(NHS\s+)?(Foundation\s+)?Trust$/i, ""); }

  function groupName(group, number) {
    var kind = "", region = "", parts = [];
    data.traits.forEach(function (trait) {
      var value = group[trait.id] === undefined ? null : trait.values[group[trait.id]];
      if (value === null) return;
      if (trait.id === "kind") kind = value + " ";
      else if (trait.id === "region" && value !== "National") region = " in " + (value === "London" ? "" : "the ") + value;
      else parts.push(trait.name.charAt(0).toLowerCase() + trait.name.slice(1).replace(/ \(.*/, "") + ": " + value);
    });
    return "the " + number + " other " + kind + "trusts" + region + (parts.length ? " (" + parts.join("; ") + ")" : "");
  }

  // In whose favour a clear difference is: 0 the first, 1 the other, null neither.
  function favours(row, found) {
    if (row.adverse === "neither" || (found.reading !== "higher" && found.reading !== "lower")) return null;
    return found.reading === row.adverse ? 0 : 1;
  }

  function numberWord(n) { return ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"][n] || String(n); }

  // What is clear, and in whose favour: with one comparison which figures, with several how many.
  function summaryOf(names) {
    var all = 0, sentences = names.slice(1).map(function (name, place) {
      var looked = 0, clear = [[], [], []];
      rows.forEach(function (one) {
        var found = one.differences[place];
        if (!found || !READINGS[found.reading]) return;
        looked++;
        if (found.reading === "unclear") return;
        var side = favours(one.row, found);
        clear[side === null ? 2 : side].push(one.row.name);
      });
      all += looked;
      if (!looked) return { head: "No figure of " + names[0] + " and " + name + " can be compared.", parts: [] };
      var number = clear[0].length + clear[1].length + clear[2].length;
      var sides = [[clear[0], "In favour of " + names[0]], [clear[1], "In favour of " + (state.group ? "the group" : name)], [clear[2], "In favour of neither"]]
        .filter(function (side) { return side[0].length; });
      var head = names[0] + " and " + name + ": " + numberWord(number) + " of " + numberWord(looked) +
        (looked === 1 ? " difference " : " differences ") + (number > 1 ? "are" : "is") + " clear";
      if (names.length === 2) {
        return { head: head + ".", parts: sides.map(function (side) { return [side[1] + " (" + side[0].length + ")", side[0].join("; ") + "."]; }) };
      }
      var counted = sides.map(function (side) { return numberWord(side[0].length) + " " + side[1].charAt(0).toLowerCase() + side[1].slice(1); });
      return { head: head + (counted.length ? ", " + counted.join(", ") : "") + ".", parts: [] };
    });
    var chance = Math.round(all / 20);
    if (chance) {
      sentences[sentences.length - 1].head += " If nothing differed, about " + numberWord(chance) +
        (names.length > 2 ? " of all " + all : "") + " would still look clear by chance.";
    }
    return sentences;
  }

  // ---- the page ----

  function make(tag, attributes, content) {
    var element = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) {
      if (attributes[name] !== null && attributes[name] !== undefined) element.setAttribute(name, attributes[name]);
    });
    [].concat(content === undefined || content === null ? [] : content).forEach(function (part) {
      element.appendChild(typeof part === "string" ? document.createTextNode(part) : part);
    });
    return element;
  }

  function choice(id, label, options, chosen, none) {
    var select = make("select", { id: id });
    select.appendChild(make("option", { value: "" }, none));
    options.forEach(function (option) {
      var made = make("option", { value: String(option[0]) }, option[1]);
      made.selected = option[0] === chosen;
      select.appendChild(made);
    });
    return { field: make("div", { "class": "compare-field" }, [make("label", { "for": id }, label), select]), select: select };
  }

  var trustOptions = data.trusts.map(function (trust, i) { return [i, trust[1] + " (" + trust[0] + ")"]; });
  var form = make("form", { "class": "compare-form", "aria-label": "Choose what is compared" });
  var notes = make("div", { "class": "compare-problems" });
  var said = make("p", { "class": "visually-hidden", role: "status", "aria-live": "polite" });
  var result = make("div", { "class": "compare-result" });
  var first = choice("compare-first", "Trust", trustOptions, null, "Choose a trust");
  var withTrusts = radio("compare-trusts", "Other trusts"), withGroup = radio("compare-group", "A group of trusts");
  var others = PLACES.map(function (label, i) { return choice("compare-other-" + (i + 2), label, trustOptions, null, "None"); });
  var traits = data.traits.map(function (trait) {
    return choice("compare-" + trait.id, trait.name, trait.values.map(function (value, i) {
      return [i, value.charAt(0).toUpperCase() + value.slice(1)];
    }), null, "Any");
  });
  var size = make("p", { "class": "compare-size" });
  var ofTrusts = make("div", { "class": "compare-fields" }, others.map(function (one) { return one.field; }));
  var ofGroup = make("div", { "class": "compare-fields" }, traits.map(function (one) { return one.field; }).concat(size));
  var print = make("button", { type: "button" }, "Print, or save as PDF");
  var csv = make("button", { type: "button" }, "Save these figures (CSV)");
  var link = make("a", { href: "#" }, "Link to this comparison");
  var after = make("p", { "class": "compare-after" }, [print, " ", csv, " ", link]);
  [first.field, make("fieldset", {}, [make("legend", {}, "Compared with"), withTrusts.field, withGroup.field]), ofTrusts, ofGroup]
    .forEach(function (part) { form.appendChild(part); });

  function radio(id, label) {
    var input = make("input", { type: "radio", name: "compare-with", id: id });
    return { input: input, field: make("div", { "class": "compare-radio" }, [input, make("label", { "for": id }, label)]) };
  }

  var paper = document.head.appendChild(make("style"));
  var state = { trusts: [], group: null }, rows = [], names = [], saying;

  function fill() {
    first.select.value = state.trusts.length ? String(state.trusts[0]) : "";
    withGroup.input.checked = !!state.group;
    withTrusts.input.checked = !state.group;
    ofTrusts.hidden = !!state.group;
    ofGroup.hidden = !state.group;
    others.forEach(function (other, i) {
      var trust = state.group ? undefined : state.trusts[i + 1];
      other.select.value = trust === undefined ? "" : String(trust);
      other.field.hidden = i > Math.max(0, state.trusts.length - 1); // one more than are chosen
    });
    traits.forEach(function (one, t) {
      var value = state.group ? state.group[data.traits[t].id] : undefined;
      one.select.value = value === undefined ? "" : String(value);
    });
  }

  function taken() {
    var trusts = [first.select].concat(withTrusts.input.checked ? others.map(function (one) { return one.select; }) : [])
      .filter(function (select) { return select.value !== ""; })
      .map(function (select) { return Number(select.value); })
      .filter(function (trust, i, all) { return all.indexOf(trust) === i; });
    var group = null;
    if (first.select.value === "") trusts = [];
    if (withGroup.input.checked) {
      group = {};
      traits.forEach(function (one, t) { if (one.select.value !== "") group[data.traits[t].id] = Number(one.select.value); });
    }
    return { trusts: trusts, group: group };
  }

  function say(text) {
    clearTimeout(saying);
    saying = setTimeout(function () { said.textContent = text; }, 300); // when the choosing pauses
  }

  function show(problems) {
    fill();
    notes.textContent = "";
    problems.forEach(function (problem) { notes.appendChild(make("p", {}, problem)); });
    result.textContent = "";
    size.textContent = "";
    rows = [];
    after.hidden = true;
    paper.textContent = "";
    Array.prototype.forEach.call(document.querySelectorAll(".not-printed"), function (one) { one.classList.remove("not-printed"); });
    var words = problems.slice();
    if (state.trusts.length && state.group) {
      var group = membersOf(state.group, state.trusts[0]), number = group.members.length;
      size.textContent = number === 1 ? "1 trust" : number + " trusts";
      if (group.unknown) {
        size.textContent += ". " + (group.unknown === 1 ? "1 more is" : group.unknown + " more are") +
          " left out: what is chosen here is not published of them.";
      }
      if (number < data.fewest) {
        words.push("A group has at least three trusts besides " + shortName(state.trusts[0]) + ", and this one has " +
          numberWord(number) + ". Choose a wider group, or choose the trusts themselves under \u201cOther trusts\u201d.");
        notes.appendChild(make("p", {}, words[words.length - 1]));
      } else {
        names = [shortName(state.trusts[0]), groupName(state.group, number)];
        rows = compare(state);
      }
    } else if (state.trusts.length > 1) {
      names = state.trusts.map(shortName);
      rows = compare(state);
    }
    document.title = rows.length ? names.join(", ") + " \u2013 " + title : title;
    if (rows.length) words.unshift(draw());
    say(words.join(" ") || (state.trusts.length ? "Choose a second trust, or a group." : ""));
  }
  var title = document.title;

  function draw() {
    var sentences = summaryOf(names);
    var summary = make("div", { "class": "compare-summary" });
    sentences.forEach(function (one) {
      summary.appendChild(make("p", {}, [make("strong", {}, one.head)]));
      if (one.parts.length) {
        summary.appendChild(make("ul", {}, one.parts.map(function (part) {
          return make("li", {}, [make("strong", {}, part[0] + ": "), part[1]]);
        })));
      }
    });
    var kinds = state.group ? [] : state.trusts.map(function (i) { return data.trusts[i][2]; });
    if (kinds.some(function (kind) { return kind !== kinds[0]; })) {
      summary.appendChild(make("p", {}, "These trusts are of different kinds (" + state.trusts.map(function (i) {
        return shortName(i) + ": " + data.traits[0].values[data.trusts[i][2]];
      }).join("; ") + "). A difference may be of the kind and not of the trust."));
    }
    result.appendChild(summary);
    var drawn = table();
    result.appendChild(make("div", { "class": "table-scroll", tabindex: "0", role: "region", "aria-label": "The comparison" }, [drawn.made]));
    result.appendChild(explanation(drawn.missing, drawn.single));
    after.hidden = false;
    onlyThisOnPaper();
    return sentences.map(function (one) { return one.head; }).join(" ");
  }

  function table() {
    var head = make("tr", {}, [make("th", { scope: "col" }, "Figure")]);
    names.forEach(function (name, i) {
      var code = state.group && i ? null : data.trusts[state.trusts[i]][0], label = name.charAt(0).toUpperCase() + name.slice(1);
      if (code && reports[code]) label = make("a", { href: reports[code] }, label);
      head.appendChild(make("th", { scope: "col" }, i ? [label] : [label, make("span", { "class": "compare-about" }, "compared with")]));
    });
    var made = make("table", { "class": "compare-table" }, [
      make("caption", {}, "Figures with 95% confidence intervals, and each difference from " + names[0] + " with its own"),
      make("thead", {}, [head])
    ]);
    var missing = [], single = [];
    Object.keys(data.sections).forEach(function (section) {
      var here = rows.filter(function (one) {
        if (one.row.section !== section) return false;
        var known = one.cells.filter(function (cell) { return !cell.why; }).length;
        if (section === "wres" || known > 1 || (known && names.length === 2)) return true;
        (known ? single : missing).push(one.row.name);
        return false;
      });
      var body = make("tbody", {}, [make("tr", {}, [
        make("th", { scope: "rowgroup", colspan: String(names.length + 1) }, data.sections[section])
      ])]);
      here.forEach(function (one) { body.appendChild(line(one)); });
      if (here.length) made.appendChild(body);
    });
    return { made: made, missing: missing, single: single };
  }

  function line(one) {
    var row = one.row, periods = one.cells.filter(function (cell) { return !cell.why; }).map(function (cell) { return cell.period; });
    var about = make("span", { "class": "compare-about" }, row.about + (periods.length ? ", " + data.periods[periods[0]] : ""));
    var made = make("tr", { "data-row": row.id }, [make("th", { scope: "row" }, periods.length ? [row.name, about] : row.name)]);
    if (!periods.length && (state.group || one.cells.every(function (cell) { return cell.why === one.cells[0].why; }))) {
      made.appendChild(make("td", { "class": "missing", colspan: String(one.cells.length) }, one.cells[0].why));
      return made;
    }
    one.cells.forEach(function (cell, i) {
      var content = [], found = i ? one.differences[i - 1] : null;
      if (cell.why) content.push(cell.why);
      else {
        if (cell.value !== undefined) {
          content.push(make("span", { "class": "compare-figure" }, figure(row, cell.value)));
          if (cell.lower !== null) content.push(" (" + range(row, cell.lower, cell.upper) + ")");
        }
        if (cell.period !== periods[0]) content.push(make("span", { "class": "compare-about" }, data.periods[cell.period]));
      }
      if (cell.of !== undefined && !cell.why) {
        content.push(make("span", { "class": "compare-about" }, "half of them: " + range(row, cell.quarter, cell.threeQuarters) +
          (cell.trusts < cell.of ? "; " + cell.trusts + " of " + cell.of + " trusts" : "") +
          (cell.hidden ? ", hidden at " + cell.hidden : "")));
      }
      if (found) {
        var side = favours(row, found);
        content.push(found.reading === "other period"
          ? make("span", { "class": "compare-difference" }, "Not compared: of another period")
          : make("span", { "class": "compare-difference " + found.reading }, [
            make("strong", {}, READINGS[found.reading] + ": "), amount(row, found),
            side === null ? "" : ", " + (names.length > 2 ? (side ? "better" : "worse")
              : "in favour of " + (side ? (state.group ? "the group" : names[i]) : names[0]))
          ]));
      } else if (i && !cell.why && !one.cells[0].why) {
        content.push(make("span", { "class": "compare-difference" }, names.length > 2 ? "No interval" : "No interval, so no difference is given"));
      }
      made.appendChild(make("td", cell.why ? { "class": "missing" } : {}, content));
    });
    return made;
  }

  function explanation(missing, single) {
    var words = [
      "Higher and lower are said where the 95% interval of the difference leaves out no difference. Not clear does not show that " +
      "trusts are the same. A gap is in favour of the trust where people from ethnic minorities fare better next to White people.",
      "Waits and A&E count everybody in a month: their interval is what chance alone does to such a share, and months differ by more."
    ];
    if (state.group) {
      words.push("The group is without " + names[0] + ". Its figure is of all people of its trusts together, or for a gap that within its " +
        "trusts; a trust with no figure, a hidden one or one of another period is left out. The interval of a difference from it allows " +
        "for how far these trusts differ among themselves.");
    }
    if (names.length > 2) words[0] += " Better and worse are of the trust in the column, next to " + names[0] + ".";
    if (missing.length) words.push("Not published of " + (names.length > 2 ? "any of them" : "either") + ": " + missing.join("; ") + ".");
    if (single.length) words.push("Published of one of them alone: " + single.join("; ") + ".");
    words.push(data.sources + (location.protocol === "file:" ? "" : " Address: " + location.href.split("#")[0] + write(state)));
    return make("div", { "class": "compare-explanation" }, words.filter(Boolean).map(function (text) { return make("p", {}, text); }));
  }

  // What is printed is the page's title, a note that stands above all of the page, and the comparison.
  function onlyThisOnPaper() {
    // two pages: a table of many columns is printed across the page
    paper.textContent = "@media print{@page{size:A4 " + (names.length > 3 ? "landscape" : "portrait") + ";margin:" + (names.length > 3 ? "8mm 10mm" : "10mm 11mm") + "}" +
      "h1{font-size:13pt!important;margin:0!important}main{padding:0!important}.title-block{margin:0 0 4pt!important}" +
      (names.length > 2 ? ".table-scroll{margin:4pt 0!important}.compare-table{font-size:7.5pt!important;line-height:1.12!important}" +
        (names.length > 3 ? ".compare-table{table-layout:fixed}.compare-table thead th{min-width:0}.compare-table thead th:first-child{width:24%}.compare-table thead th:nth-child(2){width:12%}.compare-explanation,.compare-summary,.compare-table caption{font-size:7.5pt!important}" +
          ".compare-table th,.compare-table td{padding:1pt 5pt 1pt 0!important}" : "") + ".compare-table .compare-about{font-size:7pt!important}" : "") + "}";
    for (var at = box; at && at !== document.body; at = at.parentElement) {
      Array.prototype.forEach.call(at.parentElement.children, function (other) {
        if (other !== at && !/^(SCRIPT|STYLE|H1|ASIDE)$/.test(other.tagName) && !other.querySelector("h1")) other.classList.add("not-printed");
      });
    }
  }

  function save() {
    function quoted(value) {
      var text = value === undefined || value === null ? "" : String(value);
      if (/^[=+\-@\t\r]/.test(text) && isNaN(Number(text))) text = "'" + text; // no formula in a spreadsheet
      return '"' + text.replace(/"/g, '""') + '"';
    }
    var lines = [["figure", "about", "of", "period", "value", "lower_95", "upper_95", "trusts", "why_none", "difference_from_first", "difference_lower_95",
      "difference_upper_95", "reading"]];
    rows.forEach(function (one) {
      one.cells.forEach(function (cell, i) {
        var found = (i && one.differences[i - 1]) || {}, d = one.row.decimals;
        function fixed(value) { return value === undefined || value === null ? "" : value.toFixed(d); }
        lines.push([one.row.name, one.row.about, names[i], cell.why ? "" : data.periods[cell.period], fixed(cell.value), fixed(cell.lower), fixed(cell.upper),
          cell.trusts, cell.why, fixed(found.value), fixed(found.lower), fixed(found.upper), found.reading]);
      });
    });
    var text = "\ufeff" + lines.map(function (cells) { return cells.map(quoted).join(","); }).join("\r\n") + "\r\n";
    var address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    var made = make("a", { href: address, download: "comparison-" + state.trusts.map(function (i) { return data.trusts[i][0]; }).join("-") + ".csv" });
    document.body.appendChild(made);
    made.click();
    made.remove();
    setTimeout(function () { URL.revokeObjectURL(address); }, 10000);
  }

  function chosen() {
    var before = state;
    state = taken();
    // a first trust alone is compared with its kind
    if (state.group && !before.trusts.length && state.trusts.length && !Object.keys(state.group).length) state.group = ofKind(state.trusts[0]);
    link.href = write(state) || "#";
    try {
      history.replaceState(null, "", write(state) || location.pathname + location.search);
    } catch (refused) { location.hash = write(state); } // a browser that keeps files apart
    show([]);
  }

  function open() {
    var asked = read(location.hash);
    // an address such as #main belongs to the page and asks for nothing
    state = asked.state;
    if (!state.trusts.length && !state.group) state.group = {};
    link.href = write(state) || "#";
    show(asked.problems);
  }

  box.textContent = "";
  [form, notes, said, after, result].forEach(function (part) { box.appendChild(part); });
  form.addEventListener("change", chosen);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  print.addEventListener("click", function () { window.print(); });
  csv.addEventListener("click", save);
  window.addEventListener("hashchange", open);
  box.compare = function (address) { return compare(read(address).state); }; // for the test of what is computed
  open();
})();
