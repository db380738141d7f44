-- Lays the board's summary out on the first page of a PDF.
--
-- race_equality.report.board_page writes it as plain HTML: <div class="board-summary"> with parts of
-- class board-mark, board-about, board-headline, board-cards, board-main and board-close. Style sheets
-- lay it out in pages (report.css); typst has no classes, so its parts become calls of the functions
-- that typst-template.typ defines. Runs after native-blocks.lua, in Quarto and in Pandoc alike.

local is_html = FORMAT:match("html") ~= nil

-- Shares of the width for the columns of the nine-row table, with and without an earlier year.
local WIDTHS = {
  [6] = { 0.26, 0.10, 0.08, 0.20, 0.09, 0.27 },
  [7] = { 0.24, 0.10, 0.09, 0.20, 0.09, 0.10, 0.18 },
}

local function raw(text) return pandoc.RawBlock("typst", text) end

-- A call with the content of each part as one argument.
local function call(name, parts)
  local result = pandoc.Blocks({ raw("#" .. name .. "(") })
  for _, part in ipairs(parts) do
    result:insert(raw("["))
    result:extend(part)
    result:insert(raw("],"))
  end
  result:insert(raw(")"))
  return result
end

local function set_widths(blocks)
  return blocks:walk({ Table = function(tbl)
    local widths = WIDTHS[#tbl.colspecs]
    for column, spec in ipairs(tbl.colspecs) do
      if widths then spec[2] = widths[column] end
      tbl.colspecs[column] = spec
    end
    return tbl
  end })
end

-- One cell of a row of typst's grid, so that all cards are as high as the highest.
local function card(div)
  local direction = "none"
  for _, class in ipairs(div.classes) do
    local kind = class:match("^board%-(%a+)$")
    if kind and kind ~= "card" then direction = kind end
  end
  local result = pandoc.Blocks({ raw('board-card("' .. direction .. '")[') })
  for _, block in ipairs(div.content) do
    local name = block.t == "Div" and (block.classes:includes("board-figure") and "board-figure" or "board-reading")
    if name then
      result:insert(raw("#" .. name .. "["))
      result:extend(block.content)
      result:insert(raw("]"))
    else
      result:insert(block)
    end
  end
  result:insert(raw("],"))
  return result
end

local PARTS = {
  ["board-mark"] = function(div) return call("board-mark", { div.content }) end,
  ["board-about"] = function(div) return call("board-about", { div.content }) end,
  ["board-cards"] = function(div)
    local result = pandoc.Blocks({ raw("#board-row(") })
    for _, block in ipairs(div.content) do result:extend(card(block)) end
    result:insert(raw(")"))
    return result
  end,
}

-- The table of board-main stands alone; its chart goes beside the parts of board-close.
local function main_and_close(main, close)
  local result, charts = pandoc.Blocks({}), pandoc.Blocks({})
  for _, block in ipairs(set_widths(main.content)) do
    if block.t == "Figure" then charts:insert(block) else result:insert(block) end
  end
  local parts = { charts }
  for _, block in ipairs(close.content) do table.insert(parts, block.content) end
  local lower = call("board-lower", parts)
  if #charts == 0 then lower[2], lower[3] = raw("none,"), raw("") end
  result:extend(lower)
  return result
end

local function Div(div)
  if not div.classes:includes("board-summary") then return nil end
  if is_html then return div, false end
  local result = pandoc.Blocks({ raw("#board-summary[") })
  local main
  for _, block in ipairs(div.content) do
    local done = false
    if block.t == "Div" and block.classes:includes("board-main") then
      main, done = block, true
    elseif block.t == "Div" and block.classes:includes("board-close") then
      result:extend(main_and_close(main, block))
      done = true
    end
    if block.t == "Div" and not done then
      for _, class in ipairs(block.classes) do
        if PARTS[class] and not done then
          result:extend(PARTS[class](block))
          done = true
        end
      end
      if not done then result:extend(block.content) end
    elseif not done then
      result:insert(block)
    end
  end
  result:insert(raw("]"))
  result:insert(raw("#pagebreak(weak: true)"))
  return result, false
end

return { { traverse = "topdown", Div = Div } }
