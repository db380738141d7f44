-- Adds for plain Pandoc what Quarto adds itself: numbers for sections, figures and tables,
-- references to them (@fig-x, @tbl-x, @sec-x), and callouts. In Quarto, where a build gives both
-- forms of each output (race_equality.render.quarto), only those outputs are numbered here.
--
-- Settings come from _quarto.yml by way of the document's metadata (race_equality.render.builtin):
-- number-sections, crossref.fig-title, crossref.tbl-title, crossref.sec-prefix and so on.

local is_html = FORMAT:match("html") ~= nil
local stringify = pandoc.utils.stringify

local PREFIX = { fig = "Figure", tbl = "Table", sec = "Section" }
local CALLOUT_TITLES =
  { note = "Note", warning = "Warning", important = "Important", tip = "Tip", caution = "Caution" }

local number_sections = false
local numbers = {}   -- identifier -> "1.2"
local titles = {}    -- identifier -> the heading's words, for references to unnumbered sections
local unresolved = {}

local function kind_of(identifier)
  return identifier:match("^(fig)%-") or identifier:match("^(tbl)%-") or identifier:match("^(sec)%-")
end

local function read_settings(meta)
  number_sections = meta["number-sections"] == true or stringify(meta["number-sections"] or "") == "true"
  local crossref = meta.crossref
  if crossref then
    for kind in pairs(PREFIX) do
      local name = crossref[kind .. "-title"] or crossref[kind .. "-prefix"]
      if name then PREFIX[kind] = stringify(name) end
    end
  end
end

-- Headings: the page's title is level 1 in HTML, so the first level of the text is 2; in a PDF the
-- title is not a heading, so it is 1. Levels that are skipped would confuse a screen reader.
local function number_headings(doc)
  local top = 7
  doc:walk({ Header = function(header)
    if not header.classes:includes("callout-title") then top = math.min(top, header.level) end
  end })
  local shift = (is_html and 2 or 1) - top
  local counts = { 0, 0, 0, 0, 0, 0 }
  return doc:walk({ Header = function(header)
    local depth = header.level - top + 1
    header.level = math.max(1, math.min(6, header.level + shift))
    titles[header.identifier] = stringify(header.content)
    if number_sections and not header.classes:includes("unnumbered") then
      counts[depth] = counts[depth] + 1
      for deeper = depth + 1, 6 do counts[deeper] = 0 end
      local number = table.concat(counts, ".", 1, depth)
      if header.identifier ~= "" then numbers[header.identifier] = number end
      if is_html then
        header.attributes["data-number"] = number
        header.content:insert(1, pandoc.Space())
        header.content:insert(1, pandoc.Span(number, pandoc.Attr("", { "header-section-number" })))
      end
    end
    return header
  end })
end

local function labelled(kind, number, inlines)
  local result = pandoc.Inlines({
    pandoc.Span({ pandoc.Str(PREFIX[kind] .. "\u{a0}" .. number .. ":") },
      pandoc.Attr("", { "caption-number" })),
    pandoc.Space(),
  })
  result:extend(inlines)
  return result
end

local function caption_inlines(caption)
  return pandoc.utils.blocks_to_inlines(caption.long)
end

local function typst_float(kind, identifier, content, caption)
  -- The same call as Quarto's own, so that one template dresses both.
  local result = pandoc.Blocks({ pandoc.RawBlock("typst", "#figure([") })
  result:extend(content)
  result:insert(pandoc.RawBlock("typst", "], caption: figure.caption(position: top, ["))
  result:insert(pandoc.Plain(caption))
  result:insert(pandoc.RawBlock("typst",
    ']), kind: "quarto-float-' .. kind .. '", supplement: "' .. PREFIX[kind] .. '")<' .. identifier .. ">"))
  return result
end

-- Pandoc's typst writer leaves alternative texts out.
local function typst_string(text)
  return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"'):gsub("%s+", " ") .. '"'
end

local images = {
  Image = function(image)
    local given = image.attributes["fig-alt"]
    if given then
      image.attributes["fig-alt"] = nil
      image.attributes.alt = given
    end
    if is_html then return image end
    local alt = image.attributes.alt or stringify(image.caption)
    local arguments = { typst_string(image.src) }
    if alt ~= "" then table.insert(arguments, "alt: " .. typst_string(alt)) end
    for _, name in ipairs({ "width", "height" }) do
      local length = image.attributes[name]
      if length and length:match("^[%d.]+%a*%%?$") then
        table.insert(arguments, name .. ": " .. (length:match("^[%d.]+$") and length * 0.75 .. "pt" or length))
      end
    end
    return pandoc.RawInline("typst", "#box(image(" .. table.concat(arguments, ", ") .. "))")
  end,
}

-- The pictures in a numbered block have the alternative text that it gives.
local alternatives = {
  Div = function(div)
    local given = div.attributes["fig-alt"]
    if not given then return nil end
    div.attributes["fig-alt"] = nil
    return div:walk({ Image = function(image)
      if stringify(image.caption) == "" then image.attributes["fig-alt"] = image.attributes["fig-alt"] or given end
      return image
    end })
  end,
}

local counters = { fig = 0, tbl = 0 }

local function number_of(identifier, kind)
  counters[kind] = counters[kind] + 1
  numbers[identifier] = tostring(counters[kind])
  return numbers[identifier]
end

-- On a narrow screen tables and charts scroll by themselves, by keyboard too.
local function scroll_region(class, content, label)
  return pandoc.Div(content, pandoc.Attr("", { class },
    -- a list, because a Lua table has another order at every run
    { { "role", "region" }, { "tabindex", "0" }, { "aria-label", label } }))
end

local function complete_scopes(tbl)
  for _, row in ipairs(tbl.head.rows) do
    for _, cell in ipairs(row.cells) do
      if not cell.attr.attributes.scope then
        cell.attr.attributes.scope = cell.col_span > 1 and "colgroup" or "col"
      end
    end
  end
  for _, body in ipairs(tbl.bodies) do
    for _, row in ipairs(body.body) do
      for column = 1, math.min(body.row_head_columns, #row.cells) do
        local attributes = row.cells[column].attr.attributes
        if not attributes.scope then attributes.scope = "row" end
      end
    end
  end
  return tbl
end

-- HTML of ours that is HTML in the page too. It is regular (report.display writes it), so that
-- its tags can be found without reading it.

local function plain_text(html)
  return (html:gsub("<[^>]*>", ""):gsub('"', "&quot;"))
end

local function label_html(kind, number)
  return '<span class="caption-number">' .. PREFIX[kind] .. "\u{a0}" .. number .. ":</span> "
end

local function region_html(class, label, content)
  return '<div class="' .. class .. '" role="region" tabindex="0" aria-label="' .. label .. '">\n'
    .. content .. "\n</div>"
end

local function with_scope(scope)
  return function(attributes)
    if attributes:match("%sscope=") then return nil end
    local spans = scope == "col" and (attributes:match("%scolspan=[\"']?(%d+)") or "1") ~= "1"
    return "<th" .. attributes .. ' scope="' .. scope .. (spans and "group" or "") .. '">'
  end
end

-- Names of files and addresses have no spaces: say where they may be broken.
local function breakable_html(text)
  if #text < 20 or not text:match("[_/]") then return nil end
  return (text:gsub("%S+", function(word)
    if #word >= 20 then return (word:gsub("[_/]", "%0<wbr>"):gsub("<wbr>$", "")) end
  end))
end

local function figure_html(attributes, content)
  local number = number_of(attributes:match("%sid=[\"']?([%w_-]+)"), "fig")
  local caption = content:match("<figcaption[^>]*>(.-)</figcaption>") or ""
  content = content:gsub("<figcaption[^>]*>.-</figcaption>", ""):gsub('(<img[^>]-) natural%-width="[^"]*"', "%1")
  return "<figure" .. attributes .. ">\n<figcaption>" .. label_html("fig", number) .. caption .. "</figcaption>\n"
    .. region_html("figure-scroll", PREFIX.fig .. " " .. number, content) .. "\n</figure>"
end

local function table_html(attributes, content)
  local number = number_of(attributes:match("%sid=[\"']?([%w_-]+)"), "tbl")
  local caption = content:match("<caption[^>]*>(.-)</caption>") or ""
  content = content:gsub("<caption[^>]*>.-</caption>", "", 1)
  content = content:gsub("<thead.-</thead>", function(head) return (head:gsub("<th(%s*[^>]*)>", with_scope("col"))) end)
  content = content:gsub("<tbody.-</tbody>", function(body) return (body:gsub("<th(%s*[^>]*)>", with_scope("row"))) end)
  content = content:gsub("(>)([^<]+)(<)", function(before, text, after)
    local broken = breakable_html(text)
    return broken and before .. broken .. after
  end)
  return region_html("table-scroll", PREFIX.tbl .. " " .. number .. ": " .. plain_text(caption),
    "<table" .. attributes .. ">\n<caption>" .. label_html("tbl", number) .. caption .. "</caption>"
    .. content .. "</table>")
end

local function callout_html(kind, attributes, content)
  local title = content:match("^%s*<h%d[^>]*>(.-)</h%d>")
  if title then
    content = content:gsub("^%s*<h%d[^>]*>.-</h%d>", "", 1)
  else
    title = CALLOUT_TITLES[kind] or "Note"
  end
  local identifier = attributes:match('%sid="[^"]*"') or ""
  return "<div" .. identifier .. ' class="callout callout-' .. kind .. '" role="note" aria-label="' .. plain_text(title)
    .. '">\n<div class="callout-title">\n<p><strong>' .. title .. "</strong></p>\n</div>\n" .. content .. "\n</div>"
end

local function dressed_html(html)
  html = html:gsub("<aside([^>]*)>(.-)</aside>", function(attributes, content)
    local kind = attributes:match("callout%-(%a+)")
    return kind and callout_html(kind, attributes, content)
  end)
  -- one pass over both, because they are numbered as they come
  local parts, at = {}, 1
  while true do
    local first, last, name, attributes = html:find("<(%a+)([^>]*%sid=[\"']?[ft][ib][gl]%-[^>]*)>", at)
    if not first then break end
    local finish, after = html:find("</" .. name .. "%s*>", last + 1)
    local dress = name == "figure" and attributes:match("id=[\"']?fig%-") and figure_html
      or name == "table" and attributes:match("id=[\"']?tbl%-") and table_html
    if dress and finish then
      table.insert(parts, html:sub(at, first - 1))
      table.insert(parts, dress(attributes, html:sub(last + 1, finish - 1)))
      at = after + 1
    else
      table.insert(parts, html:sub(at, last))
      at = last + 1
    end
  end
  table.insert(parts, html:sub(at))
  return table.concat(parts)
end

local floats
floats = {
  traverse = "topdown",
  RawBlock = function(raw)
    if not is_html and raw.format == "typst" then
      -- typst counts by itself; that they are there is what a reference must know
      for identifier in raw.text:gmatch("%)<(%a%a%a%-[%w_.-]+)>") do
        if kind_of(identifier) then numbers[identifier] = "" end
      end
    end
    if not is_html or not raw.format:match("html") then return nil end
    raw.text = dressed_html(raw.text)
    return raw
  end,
  -- Quarto's way to number anything: the last paragraph is the caption
  Div = function(div)
    local kind = kind_of(div.identifier)
    if kind ~= "fig" and kind ~= "tbl" then return nil end
    local number = number_of(div.identifier, kind)
    local content, caption = div.content, pandoc.Inlines({})
    if #content > 1 and content[#content].t == "Para" then
      caption = content[#content].content
      content:remove(#content)
    end
    content = content:walk(floats)
    if not is_html then return typst_float(kind, div.identifier, content, caption), false end
    local region = kind == "fig" and scroll_region("figure-scroll", content, PREFIX.fig .. " " .. number)
    return pandoc.Figure(region and { region } or content, { long = { pandoc.Plain(labelled(kind, number, caption)) } },
      pandoc.Attr(div.identifier)), false
  end,
  Figure = function(figure)
    if kind_of(figure.identifier) ~= "fig" then return nil end
    local number = number_of(figure.identifier, "fig")
    if is_html then
      figure.caption.long = { pandoc.Plain(labelled("fig", number, caption_inlines(figure.caption))) }
      figure.content = { scroll_region("figure-scroll", figure.content, PREFIX.fig .. " " .. number) }
      return figure, false
    end
    return typst_float("fig", figure.identifier, figure.content, caption_inlines(figure.caption)), false
  end,
  Table = function(tbl)
    complete_scopes(tbl)
    -- Otherwise Pandoc puts a figure of its own around each table.
    if not is_html then tbl.classes:insert("typst:no-figure") end
    local caption = caption_inlines(tbl.caption)
    local kind = kind_of(tbl.identifier)
    if kind == "tbl" then
      local number = number_of(tbl.identifier, "tbl")
      if is_html then
        local label = PREFIX.tbl .. " " .. number .. ": " .. stringify(caption)
        tbl.caption.long = { pandoc.Plain(labelled("tbl", number, caption)) }
        return scroll_region("table-scroll", { tbl }, label), false
      end
      local identifier = tbl.identifier
      tbl.identifier = ""
      tbl.caption.long = {}
      return typst_float("tbl", identifier, { tbl }, caption), false
    elseif is_html then
      local label = #caption > 0 and stringify(caption) or "Table"
      return scroll_region("table-scroll", { tbl }, label), false
    end
  end,
}

local callouts = {
  Div = function(div)
    local kind
    for _, class in ipairs(div.classes) do
      kind = kind or class:match("^callout%-(%a+)$")
    end
    if not kind then return nil end
    local content = div.content
    local title = div.attributes.title and pandoc.Inlines(pandoc.Str(div.attributes.title))
    if not title and content[1] and content[1].t == "Header" then
      title = content[1].content
      content:remove(1)
    end
    title = title or pandoc.Inlines(pandoc.Str(CALLOUT_TITLES[kind] or "Note"))
    if is_html then
      content:insert(1, pandoc.Div({ pandoc.Para({ pandoc.Strong(title) }) },
        pandoc.Attr("", { "callout-title" })))
      local attributes = { { "role", "note" }, { "aria-label", stringify(title) } }
      return pandoc.Div(content, pandoc.Attr(div.identifier, { "callout", "callout-" .. kind }, attributes))
    end
    local result = pandoc.Blocks({ pandoc.RawBlock("typst", '#callout(kind: "' .. kind .. '", title: ['),
      pandoc.Plain(title), pandoc.RawBlock("typst", "], body: [") })
    result:extend(content)
    result:insert(pandoc.RawBlock("typst", "])"))
    return result
  end,
}

local references = {
  Cite = function(cite)
    local result = pandoc.Inlines({})
    for index, citation in ipairs(cite.citations) do
      local kind = kind_of(citation.id:lower())
      if not kind then return nil end
      local identifier = citation.id:gsub("^%u", string.lower)
      local number = numbers[identifier]
      if index > 1 then result:insert(pandoc.Str(index == #cite.citations and " and " or ", ")) end
      if not number and titles[identifier] then
        result:insert(pandoc.Link(titles[identifier], "#" .. identifier))
      elseif not number then
        table.insert(unresolved, citation.id)
        result:insert(pandoc.Strong("?@" .. citation.id))
      else
        local plain = citation.mode == "SuppressAuthor"
        if is_html then
          local text = plain and number or PREFIX[kind] .. "\u{a0}" .. number
          result:insert(pandoc.Link(text, "#" .. identifier, "", pandoc.Attr("", { "quarto-xref" })))
        else
          result:insert(pandoc.RawInline("typst", "#ref(<" .. identifier .. ">, supplement: ["
            .. (plain and "" or PREFIX[kind]) .. "])"))
        end
      end
    end
    return result
  end,
}

function Pandoc(doc)
  read_settings(doc.meta)
  if quarto ~= nil then
    return doc:walk({ traverse = "topdown", RawBlock = floats.RawBlock }):walk({ Cite = function(cite)
      for _, citation in ipairs(cite.citations) do
        -- Quarto resolves the others
        if not kind_of(citation.id:lower()) or not numbers[(citation.id:gsub("^%u", string.lower))] then return nil end
      end
      return references.Cite(cite)
    end })
  end
  -- Callouts first: their titles are headings in the notebook and boxes on the page.
  doc = doc:walk(callouts)
  doc = number_headings(doc)
  doc = doc:walk(alternatives)
  doc = doc:walk(images)
  doc = doc:walk(floats)
  doc = doc:walk(references)
  if #unresolved > 0 then
    io.stderr:write("unresolved reference: " .. table.concat(unresolved, ", ") .. "\n")
  end
  return doc
end
