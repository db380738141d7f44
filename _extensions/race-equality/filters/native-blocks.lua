-- Turns the HTML of notebook outputs into native figures, tables and callouts.
--
-- Quarto runs this at pre-ast (_quarto.yml), Pandoc runs it in the built-in renderer. A notebook
-- shows its charts, tables and callouts as HTML, because JupyterLab understands that; Quarto and
-- Pandoc number, reference and put into the PDF only what is native to them.
--
--   <figure id="fig-..."><img src="..." alt="..."><figcaption>...</figcaption></figure>
--   <table id="tbl-..."><caption>...</caption>...</table>
--   <aside class="callout-note"><h3>...</h3><p>...</p></aside>
--   <div class="board-NAME KIND">...</div>, which typst-template.typ has a function for
--   <div data-screen-only="yes">...</div>, which a PDF leaves out
--
-- Other HTML stays as it is in a page, and is read into text for a PDF, where it would be lost. In
-- the built-in renderer's pages the HTML of our outputs stays too, and numbering.lua adds numbers and
-- captions: reading and writing it again would take most of a page's time.

local is_html = FORMAT:match("html") ~= nil
local is_typst = FORMAT:match("typst") ~= nil
local in_quarto = quarto ~= nil

-- The width that is left between the margins of typst-template.typ, in CSS pixels (96 to the
-- inch). A wider picture is scaled to the width of the column.
local TEXT_WIDTH_PX = 640

-- Data addresses are long, and Pandoc reads HTML letter by letter: they are replaced by short names before it does.
local function without_data_addresses(html)
  local addresses = {}
  html = html:gsub('src=(["\'])(data:[^"\']*)%1', function(quote, address)
    table.insert(addresses, address)
    return "src=" .. quote .. "data-address-" .. #addresses .. quote
  end)
  return html, addresses
end

local function pixel_width(source)
  local ok, mime, contents = pcall(pandoc.mediabag.fetch, source)
  if not ok or not contents or not (mime or ""):match("svg") then return nil end
  return tonumber((contents:match("<svg[^>]-%swidth=[\"']([%d.]+)") or ""))
end

-- Typst reads pictures from files only.
local function to_media_bag(image)
  if not is_typst or not image.src:match("^data:") then return end
  local mime, contents = pandoc.mediabag.fetch(image.src)
  local ending = (mime or ""):match("svg") and ".svg" or (mime or ""):match("png") and ".png" or ".jpg"
  local name = pandoc.utils.sha1(contents) .. ending
  pandoc.mediabag.insert(name, mime, contents)
  image.src = name
end

local function image_for_target(image)
  local width = tonumber(image.attributes["natural-width"]) or
    (image.src:match("^data:") and not is_html and pixel_width(image.src)) or nil
  image.attributes["natural-width"] = nil
  if not is_html and width and width > TEXT_WIDTH_PX and not image.attributes.width then
    image.attributes.width = "100%"
  end
  if in_quarto then
    -- Quarto takes a caption inside the image for the figure's own.
    image.attributes["fig-alt"] = pandoc.utils.stringify(image.caption)
    image.caption = {}
  end
  to_media_bag(image)
  return image
end

-- A column whose figures all carry the class "number" is aligned to the right.
local function align_numbers(tbl)
  local numbers, others = {}, {}
  for _, body in ipairs(tbl.bodies) do
    for _, row in ipairs(body.body) do
      local column = 1
      for _, cell in ipairs(row.cells) do
        if cell.attr.classes:includes("number") then
          numbers[column] = true
        elseif cell.col_span == 1 then
          others[column] = true
        end
        column = column + cell.col_span
      end
    end
  end
  for column, spec in ipairs(tbl.colspecs) do
    if numbers[column] and not others[column] then
      spec[1] = pandoc.AlignRight
    elseif spec[1] == pandoc.AlignDefault then
      spec[1] = pandoc.AlignLeft
    end
    tbl.colspecs[column] = spec
  end
  return tbl
end

-- html_outputs.py says how a PDF shares the width of its page among the columns; a browser knows.
local function sized(tbl)
  local size = tbl.attributes["text-size"]
  tbl.attributes["text-size"] = nil
  if is_html then
    for column, spec in ipairs(tbl.colspecs) do
      spec[2] = nil
      tbl.colspecs[column] = spec
    end
  elseif size then
    tbl.attributes["typst:text:size"] = size
  end
  return tbl
end

-- Names of files and addresses have no spaces: say where they may be broken.
local function breakable(str)
  if #str.text < 20 or not str.text:match("[_/]") then return nil end
  if not is_html then return pandoc.Str((str.text:gsub("[_/]", "%0\u{200b}"))) end
  local parts = pandoc.Inlines({})
  for part in str.text:gmatch("[^_/]*[_/]?") do
    if part ~= "" then
      if #parts > 0 then parts:insert(pandoc.RawInline("html", "<wbr>")) end
      parts:insert(pandoc.Str(part))
    end
  end
  return parts
end

-- To typst, "1." at the start of a cell begins a list. Pandoc does not guard against that.
local function not_a_list(block)
  local first = block.content[1]
  if not is_typst or not first or first.t ~= "Str" then return nil end
  local number, mark = first.text:match("^(%d+)([.)])$")
  if not number then return nil end
  block.content[1] = pandoc.RawInline("typst", number .. "\\" .. mark)
  return block
end

-- Walking through every word of every table takes longer than all else: look first.
local function has_long_names(html)
  for name in html:gsub("<[^>]*>", " "):gmatch("%S*[_/]%S*") do
    if #name >= 20 then return true end
  end
  return false
end

-- Quarto would give the identifier to the table and to the box that it puts around it.
local function label_in_caption(tbl)
  local last = tbl.caption.long[#tbl.caption.long]
  if not tbl.identifier:match("^tbl%-") or not last or not last.content then return tbl end
  last.content:extend({ pandoc.Space(), pandoc.Str("{#" .. tbl.identifier .. "}") })
  tbl.identifier = ""
  tbl.caption.long[#tbl.caption.long] = last
  return tbl
end

-- A PDF is sent by itself, without the pages of the site.
local function within_site(link)
  if not is_html and link.target:match("^%.%./") then return link.content end
end

local function typst(text) return pandoc.RawBlock("typst", text) end

-- A block of class board-NAME as a call of the function of that name in typst-template.typ. Its other
-- classes and each of its children are the arguments. typst_outputs.py does the same.
local function board_call(block)
  local name = block.t == "Div" and (block.classes[1] or ""):match("^board%-%l+$")
  if not name then return nil end
  local call = pandoc.Blocks({ typst(name .. "(") })
  for class = 2, #block.classes do call:insert(typst('"' .. block.classes[class] .. '",')) end
  for _, child in ipairs(block.content) do
    local part = board_call(child)
    call:extend(part or { typst("["), child, typst("]") })
    call:insert(typst(","))
  end
  call:insert(typst(")"))
  return call
end

local board_calls = {
  traverse = "topdown",
  Div = function(div)
    local call = board_call(div)
    if not call then return nil end
    call[1].text = "#" .. call[1].text
    return call, false
  end,
}

-- The data of a chart that answers to its reader: kept as it is in a page, and left out where the picture is the chart.
local function without_charts(html)
  local charts = pandoc.Blocks({})
  html = html:gsub('<script type="application/json"[^>]*>[^<]*</script>', function(script)
    charts:insert(pandoc.RawBlock("html", script))
    return ""
  end)
  return html, charts
end

local function read_html(html)
  local addresses, charts
  html, charts = without_charts(html)
  local long_names = has_long_names(html)
  local lists = is_typst and html:match(">%d+[.)]%s") ~= nil
  html, addresses = without_data_addresses(html)
  html = html:gsub("<aside(%s[^>]*)>", "<div%1>"):gsub("</aside>", "</div>")
  html = html:gsub("<details[^>]*>", '<div class="details">'):gsub("</details>", "</div>")
  html = html:gsub("<summary[^>]*>", '<div class="summary"><p>'):gsub("</summary>", "</p></div>")
  local blocks = pandoc.read(html, "html+native_divs+native_spans-auto_identifiers").blocks
  blocks = blocks:walk({
    Image = function(image)
      local number = image.src:match("^data%-address%-(%d+)$")
      if number then image.src = addresses[tonumber(number)] end
      return image_for_target(image)
    end,
    Link = within_site,
    Table = function(tbl)
      if long_names then tbl = tbl:walk({ Str = breakable }) end
      if lists then tbl = tbl:walk({ Plain = not_a_list, Para = not_a_list }) end
      tbl = align_numbers(tbl)
      if in_quarto then tbl = label_in_caption(tbl) end
      return sized(tbl)
    end,
    Div = function(div)
      if div.classes:includes("summary") then
        if not is_html then return div.content end
        local inlines = pandoc.utils.blocks_to_inlines(div.content)
        inlines:insert(1, pandoc.RawInline("html", "<summary>"))
        inlines:insert(pandoc.RawInline("html", "</summary>"))
        return pandoc.Plain(inlines)
      elseif div.classes:includes("details") then
        if not is_html then return div.content end
        div.content:insert(1, pandoc.RawBlock("html", "<details>"))
        div.content:insert(pandoc.RawBlock("html", "</details>"))
        return div.content
      end
    end,
  })
  if not is_html then return blocks:walk(board_calls) end
  blocks:extend(charts)
  return blocks
end

-- Does this HTML hold something that should be numbered or boxed?
local function is_ours(html)
  return html:match("<figure[^>]-%sid=[\"']?fig%-") or html:match("<table[^>]-%sid=[\"']?tbl%-")
    or html:match("<aside[^>]-%sclass=[\"'][^\"']*callout%-")
end

local PAIRED = { figure = true, table = true, aside = true }

-- The name of an element of ours that a block of HTML opens and does not close.
local function left_open(html)
  local name = html:match("^%s*<(%a+)[%s>]")
  if name and PAIRED[name] and not html:match("</" .. name .. "%s*>") then return name end
end

function Blocks(blocks)
  local result = pandoc.Blocks({})
  local at = 1
  while at <= #blocks do
    local block, following = blocks[at], blocks[at + 1]
    if block.t == "RawBlock" and following and following.t == "RawBlock"
      and block.format:match("html") and following.format == "typst" then
      -- a build gives both forms of an output: nothing has to be read
      result:insert(is_html and block or following)
      at = at + 1
    elseif block.t == "RawBlock" and block.format:match("html") then
      local html = block.text
      local name = left_open(html)
      local screen_only = not is_html and html:match('^%s*<div data%-screen%-only=')
      if name and is_ours(html) then
        -- Markdown splits an element into its tags and the text between them: put it together again.
        local last
        for following = at + 1, #blocks do
          local other = blocks[following]
          if other.t == "RawBlock" and other.text:match("</" .. name .. "%s*>") then
            last = following
            break
          end
        end
        if last then
          for following = at + 1, last do
            local other = blocks[following]
            html = html .. (other.t == "RawBlock" and other.text
              or pandoc.write(pandoc.Pandoc({ other }), "html"))
          end
          at = last
        end
      end
      if screen_only then
        result:insert(pandoc.RawBlock("html", ""))
      elseif in_quarto and is_ours(html) or not is_html then
        result:extend(read_html(html))
      elseif is_ours(html) then
        result:insert(pandoc.RawBlock("html", html))
      else
        result:insert(block)
      end
    else
      result:insert(block)
    end
    at = at + 1
  end
  return result
end

function Link(link)
  return within_site(link)
end

-- Pictures that a notebook shows without HTML.
function Image(image)
  if image.src:match("^data:") then to_media_bag(image) end
  return image
end
